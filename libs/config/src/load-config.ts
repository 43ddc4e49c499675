import { readFileSync } from 'node:fs';
import { z } from 'zod';

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads and checks the environment once, at start. `NAME_FILE` may stand in for `NAME`: the value
 * is then the content of that file, as Kubernetes mounts secrets.
 *
 * @throws Error naming every variable that is missing or wrong, but never a value.
 */
export function loadConfig<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: Env = process.env,
): Readonly<z.infer<z.ZodObject<Shape>>> {
  const values = Object.fromEntries(Object.keys(shape).map((name) => [name, valueOf(env, name)]));
  const parsed = z.object(shape).safeParse(values);
  if (parsed.success) return Object.freeze(parsed.data);
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`Invalid configuration:\n${problems.join('\n')}`);
}

/** An empty variable counts as absent, so that a chart may always render the name. */
const valueOf = (env: Env, name: string): string | undefined => env[name] || fromFile(name, env[`${name}_FILE`]);

function fromFile(name: string, path: string | undefined): string | undefined {
  if (!path) return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Error(`Invalid configuration:\n  ${name}_FILE: cannot be read`, { cause: error });
  }
}

/**
 * The environment of one of several services in a process. `AUTH_DATABASE_URL` is the `DATABASE_URL` of auth; a name without
 * that of a service is for all of them.
 */
export function environmentOf(service: string, env: Env = process.env): Env {
  const prefix = `${service.toUpperCase()}_`;
  const own = Object.entries(env).filter(([name]) => name.startsWith(prefix));
  return { ...env, ...Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value])) };
}
