import * as contracts from '@relais/contracts';
import { z } from 'zod';
import { contractDocs } from './contract-docs.js';

export interface JsonSchema {
  [key: string]: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  oneOf?: JsonSchema[];
  $ref?: string;
}

type Direction = 'input' | 'output';

const COMPONENTS = '#/components/schemas/';

const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** Gives every schema that libs/contracts exports its name, so that documents refer to it instead of repeating it. */
const nameSchemas = (): void => {
  for (const [name, schema] of Object.entries(contracts)) {
    if (!(schema instanceof z.ZodType) || schema === contracts.nothing) continue;
    z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id: pascal(name) });
  }
};

/** What is not forbidden is ignored: an object that strips unknown keys is open, and clients must expect more to come. */
const leaveOpen = ({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: JsonSchema }): void => {
  const { def } = zodSchema._zod as z.core.$ZodTypeInternals & { def: z.core.$ZodObjectDef };
  if (def.type === 'object' && !def.catchall) delete jsonSchema.additionalProperties;
};

/** JSON Schemas of one document; named ones are collected as its components. */
export class Schemas {
  private readonly named = new Map<string, JsonSchema>();
  private readonly docs = contractDocs();

  constructor(private readonly target: 'draft-2020-12' | 'draft-7') {
    nameSchemas();
  }

  /** What a caller may send. */
  readonly input = (schema: z.ZodType): JsonSchema => this.convert(schema, 'input');
  /** What an answer looks like. */
  readonly output = (schema: z.ZodType): JsonSchema => this.convert(schema, 'output');

  /** Every schema that was referred to so far, by name. */
  components(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private convert(schema: z.ZodType, io: Direction): JsonSchema {
    const { root, definitions } = this.describe(schema, io);
    const differing = io === 'input' ? this.sentOtherwise(schema, definitions) : new Set<string>();
    for (const [name, definition] of definitions)
      this.keep(differing.has(name) ? `${name}Input` : name, renamed(definition, differing));
    return pointToComponents(renamed(root, differing));
  }

  private describe(schema: z.ZodType, io: Direction): { root: JsonSchema; definitions: Map<string, JsonSchema> } {
    const {
      $schema: _,
      $defs,
      definitions,
      ...root
    } = z.toJSONSchema(schema, {
      target: this.target,
      io,
      override: leaveOpen as never,
    }) as JsonSchema;
    return { root, definitions: new Map(Object.entries({ ...($defs ?? {}), ...(definitions ?? {}) })) as never };
  }

  /** What may be left out when it is sent and is there when it is answered has two shapes, and so has whatever contains it. */
  private sentOtherwise(schema: z.ZodType, sent: ReadonlyMap<string, JsonSchema>): Set<string> {
    const { definitions: answered } = this.describe(schema, 'output');
    const differing = new Set([...sent.keys()].filter((name) => textOf(sent.get(name)) !== textOf(answered.get(name))));
    for (let before = -1; before !== differing.size;) {
      before = differing.size;
      for (const [name, definition] of sent) if (refersTo(definition, differing)) differing.add(name);
    }
    return differing;
  }

  private keep(name: string, definition: JsonSchema): void {
    const { id: _, ...rest } = pointToComponents(definition);
    const described = name.endsWith('Input') ? name.slice(0, -'Input'.length) : name;
    const description = this.docs.get(described.charAt(0).toLowerCase() + described.slice(1));
    const component = { ...(description ? { description } : {}), ...rest };
    const before = this.named.get(name);
    if (before && JSON.stringify(before) !== JSON.stringify(component)) {
      throw new Error(`${name} means one thing when sent in one place and something else in another`);
    }
    this.named.set(name, component);
  }
}

const textOf = (schema: JsonSchema | undefined): string => JSON.stringify(schema);

const REFERENCE = /"#\/(\$defs|definitions)\/(\w+)"/g;

const refersTo = (schema: JsonSchema, names: ReadonlySet<string>): boolean =>
  [...textOf(schema).matchAll(REFERENCE)].some(([, , name]) => names.has(name ?? ''));

const renamed = (schema: JsonSchema, names: ReadonlySet<string>): JsonSchema =>
  JSON.parse(
    textOf(schema).replaceAll(REFERENCE, (whole, place: string, name: string) =>
      names.has(name) ? `"#/${place}/${name}Input"` : whole,
    ),
  ) as JsonSchema;

const pointToComponents = (schema: JsonSchema): JsonSchema =>
  JSON.parse(JSON.stringify(schema).replaceAll(/"#\/(?:\$defs|definitions)\//g, `"${COMPONENTS}`)) as JsonSchema;

/** The object without some of its properties; of a union, every member without them. */
export const without = (schema: JsonSchema, names: readonly string[]): JsonSchema => {
  if (schema.oneOf) return { ...schema, oneOf: schema.oneOf.map((member) => without(member, names)) };
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => !names.includes(name));
  const required = schema.required?.filter((name) => !names.includes(name)) ?? [];
  const { required: _, ...rest } = schema;
  return { ...rest, properties: Object.fromEntries(properties), ...(required.length > 0 ? { required } : {}) };
};

/** One property of an object, or of the members of a union that all have it. */
export const propertyOf = (schema: JsonSchema, name: string): JsonSchema => {
  const found = schema.properties?.[name] ?? schema.oneOf?.[0]?.properties?.[name];
  if (!found) throw new Error(`no property ${name}`);
  return found;
};
