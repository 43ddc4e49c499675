import { SERVICES } from '@relais/contracts';
import { z } from 'zod';
import { built, isBuilt } from './workspace.js';

/** One environment variable as one or more programs read it. */
export interface Variable {
  name: string;
  /** What stands in when it is absent; undefined when nothing does. */
  fallback: string | undefined;
  required: boolean;
  bounds: string;
  description: string;
  secret: boolean;
  readBy: string[];
}

const isTable = (value: unknown): value is Record<string, z.ZodType> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).length > 0 &&
  Object.values(value).every((entry) => entry instanceof z.ZodType);

const moduleOf = (service: string): string => `apps/${service}/dist/config.js`;

/** Configurations that are not built and can therefore not be told. */
export const unbuiltServices = (): string[] =>
  Object.keys(SERVICES)
    .map(moduleOf)
    .filter((module) => !isBuilt(module));

/**
 * Every variable of every program, from the tables in apps/<service>/src/config.ts. `env` is the service's own; a table
 * of another name is read by the program of that name: `migrateEnv` by the migration.
 */
export const variables = async (): Promise<Variable[]> => {
  const found = new Map<string, Variable>();
  for (const service of Object.keys(SERVICES)) {
    const config = await built(moduleOf(service));
    for (const [table, schemas] of Object.entries(config).filter(
      (entry): entry is [string, Record<string, z.ZodType>] => isTable(entry[1]),
    )) {
      const reader = table === 'env' ? service : `${service} ${table.replace(/Env$/, '')}`;
      for (const [name, schema] of Object.entries(schemas)) add(found, variableOf(name, schema), reader);
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
};

const add = (found: Map<string, Variable>, variable: Variable, reader: string): void => {
  const key = JSON.stringify({ ...variable, readBy: [] });
  const same = found.get(key) ?? variable;
  found.set(key, { ...same, readBy: [...new Set([...same.readBy, reader])].sort() });
};

const SECRET_NAME = /(_TOKEN|_SEED|_PASSWORD|_KEY)$/;

export const variableOf = (name: string, schema: z.ZodType): Variable => {
  const description = schema.description ?? '';
  const absent = schema.safeParse(undefined);
  return {
    name,
    required: !absent.success,
    fallback: absent.success && absent.data !== undefined ? fallbackOf(description, absent.data) : undefined,
    bounds: boundsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })),
    description,
    secret: SECRET_NAME.test(name) || /\bsecret\b/i.test(description),
    readBy: [],
  };
};

/** A default that differs from machine to machine is described in words, after `default:`. */
const fallbackOf = (description: string, value: unknown): string =>
  /\bdefault: ([^;]+)/.exec(description)?.[1] ?? String(value);

const boundsOf = ({
  enum: values,
  minimum,
  maximum,
  minLength,
  maxLength,
  format,
  anyOf,
}: z.core.JSONSchema.JSONSchema): string => {
  if (values) return values.join(', ');
  const isWide = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER;
  const parts = [
    minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER
      ? isWide
        ? `≥ ${minimum}`
        : `${minimum} to ${maximum}`
      : '',
    minimum === undefined && !isWide ? `≤ ${maximum}` : '',
    minLength ? `at least ${minLength} characters` : '',
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
    format === 'uri' ? 'URL' : '',
    anyOf ? anyOf.map((one) => (typeof one === 'object' ? boundsOf(one) : '')).join(' or ') : '',
  ];
  return parts.filter(Boolean).join(', ');
};
