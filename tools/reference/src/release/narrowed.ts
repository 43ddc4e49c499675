import type { JsonSchema } from '../json-schema.js';

/** Follows the references of one side. */
export type Look = (schema: JsonSchema) => JsonSchema;

const COMPONENTS = '#/components/schemas/';

export const lookIn =
  (components: Readonly<Record<string, JsonSchema>>): Look =>
  (schema) => {
    const { $ref } = schema;
    if (!$ref) return schema;
    const found = components[$ref.slice(COMPONENTS.length)];
    if (!found) throw new Error(`${$ref} is not there`);
    return lookIn(components)(found);
  };

export interface Sides {
  old: Look;
  now: Look;
}

/** What may be sent: all of a union, else the schema itself. */
export const optionsOf = (schema: JsonSchema, look: Look): JsonSchema[] =>
  ((schema.oneOf ?? schema.anyOf) as JsonSchema[] | undefined)?.flatMap((one) => optionsOf(look(one), look)) ?? [
    schema,
  ];

export const valuesOf = (schema: JsonSchema): unknown[] | undefined =>
  'const' in schema ? [schema.const] : (schema.enum as unknown[] | undefined);

/** The members of an intersection in one. */
export const whole = (schema: JsonSchema, look: Look): JsonSchema =>
  ((schema.allOf as JsonSchema[] | undefined) ?? []).map(look).reduce<JsonSchema>(
    (all, one) => ({
      ...all,
      ...one,
      properties: { ...all.properties, ...one.properties },
      required: [...(all.required ?? []), ...(one.required ?? [])],
    }),
    schema,
  );

const MAXIMA = ['maxLength', 'maxItems', 'maxProperties', 'maximum', 'exclusiveMaximum'];
const MINIMA = ['minLength', 'minItems', 'minProperties', 'minimum', 'exclusiveMinimum'];
const FORMS = ['pattern', 'format'];

/** Where `now` refuses, or no longer reads, what somebody who goes by `old` sends; one line each. */
export function narrowed(oldOne: JsonSchema, nowOne: JsonSchema, at: string, sides: Sides): string[] {
  const [old, now] = [sides.old(oldOne), sides.now(nowOne)];
  const accepting = optionsOf(now, sides.now);
  return optionsOf(old, sides.old).flatMap((option) => {
    const findings = accepting.map((one) => compare(whole(option, sides.old), whole(one, sides.now), at, sides));
    return fewest(findings);
  });
}

/** Of what is wrong with each member of a union, that of the one that is meant. */
export const fewest = (findings: string[][]): string[] =>
  findings.reduce((least, found) => (found.length < least.length ? found : least));

function compare(old: JsonSchema, now: JsonSchema, at: string, sides: Sides): string[] {
  const isOfType = !now.type || old.type === now.type || (old.type === 'integer' && now.type === 'number');
  if (!isOfType) return [`${at}: was ${String(old.type)}, is ${String(now.type)}`];
  const values = lostValues(valuesOf(old), valuesOf(now));
  // Another member of a union altogether: further findings would say the same once more.
  if (values.length > 0) return values.map((value) => `${at}: ${value} is refused`);
  return [...bounds(old, now, at), ...properties(old, now, at, sides), ...items(old, now, at, sides)];
}

function lostValues(old: unknown[] | undefined, now: unknown[] | undefined): string[] {
  if (!now) return [];
  if (!old) return ['all but some values'];
  return old.filter((value) => !now.includes(value)).map((value) => JSON.stringify(value));
}

function bounds(old: JsonSchema, now: JsonSchema, at: string): string[] {
  const tighter = (names: string[], isTighter: (before: number, after: number) => boolean) =>
    names.filter((name) => name in now && !(name in old && !isTighter(Number(old[name]), Number(now[name]))));
  const names = [
    ...tighter(MAXIMA, (before, after) => after < before),
    ...tighter(MINIMA, (before, after) => after > before),
    ...FORMS.filter((name) => name in now && old[name] !== now[name]),
  ];
  return names.map((name) => `${at}: ${name} was ${String(old[name])}, is ${String(now[name])}`);
}

function properties(old: JsonSchema, now: JsonSchema, at: string, sides: Sides): string[] {
  const demanded = (now.required ?? []).filter((name) => !old.required?.includes(name));
  const found = demanded.map((name) => `${at}.${name}: must be given`);
  for (const [name, schema] of Object.entries(old.properties ?? {})) {
    const counterpart = now.properties?.[name];
    if (counterpart) found.push(...narrowed(schema, counterpart, `${at}.${name}`, sides));
    else if (now.type === 'object' && typeof now.additionalProperties !== 'object')
      found.push(`${at}.${name}: is no longer read`);
  }
  return found;
}

function items(old: JsonSchema, now: JsonSchema, at: string, sides: Sides): string[] {
  const pairs: Array<[string, unknown, unknown]> = [
    ['[]', old.items, now.items],
    ['{}', old.additionalProperties, now.additionalProperties],
    ...((old.prefixItems as unknown[] | undefined) ?? []).map((one, index): [string, unknown, unknown] => [
      `[${index}]`,
      one,
      (now.prefixItems as unknown[] | undefined)?.[index],
    ]),
  ];
  return pairs.flatMap(([where, before, after]) =>
    isSchema(before) && isSchema(after) ? narrowed(before, after, `${at}${where}`, sides) : [],
  );
}

export const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null;
