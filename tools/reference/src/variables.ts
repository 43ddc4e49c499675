import { isSecretSetting } from '@relais/config';
import { SERVICES } from '@relais/contracts';
import { z } from 'zod';
import { built, isBuilt } from './workspace.js';

/** One environment variable as one or more programs read it. */
export interface Variable {
  name: string;
  /** What stands in when it is absent; undefined when nothing does. */
  fallback: string | undefined;
  /** The fallback is a description: it differs from machine to machine. */
  inWords: boolean;
  required: boolean;
  bounds: string;
  description: string;
  secret: boolean;
  readBy: string[];
}

const moduleOf = (service: string): string => `apps/${service}/dist/config.js`;

/** Configurations that are not built and can therefore not be told. */
export const unbuiltServices = (): string[] =>
  Object.keys(SERVICES)
    .map(moduleOf)
    .filter((module) => !isBuilt(module));

type Table = Readonly<Record<string, z.ZodType>>;

/** Every variable of every program: the `env` of each service, and what those with a database need to migrate it. */
export const variables = async (): Promise<Variable[]> => {
  const found = new Map<string, Variable>();
  const { migrationEnv } = (await built('libs/config/dist/index.js')) as { migrationEnv: Table };
  for (const service of Object.keys(SERVICES)) {
    const { env } = (await built(moduleOf(service))) as { env: Table };
    addAll(found, env, service);
    if (isBuilt(`apps/${service}/dist/migrate.js`)) addAll(found, migrationEnv, `${service} migrate`);
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
};

const addAll = (found: Map<string, Variable>, table: Table, reader: string): void => {
  for (const [name, schema] of Object.entries(table)) add(found, variableOf(name, schema), reader);
};

const add = (found: Map<string, Variable>, variable: Variable, reader: string): void => {
  const key = JSON.stringify({ ...variable, readBy: [] });
  const same = found.get(key) ?? variable;
  found.set(key, { ...same, readBy: [...new Set([...same.readBy, reader])].sort() });
};

export const variableOf = (name: string, schema: z.ZodType): Variable => {
  const description = schema.description ?? '';
  const absent = schema.safeParse(undefined);
  const words = wordsFor(description);
  return {
    name,
    required: !absent.success,
    fallback: absent.success && absent.data !== undefined ? (words ?? String(absent.data)) : undefined,
    inWords: words !== undefined,
    bounds: boundsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })),
    description,
    secret: isSecretSetting(name, schema),
    readBy: [],
  };
};

const wordsFor = (description: string): string | undefined => /\bdefault: ([^;]+)/.exec(description)?.[1];

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
    minLength !== undefined && minLength > 1 ? `at least ${minLength} characters` : '',
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
    format === 'uri' ? 'URL' : '',
    anyOf ? anyOf.map((one) => (typeof one === 'object' ? boundsOf(one) : '')).join(' or ') : '',
  ];
  return parts.filter(Boolean).join(', ');
};
