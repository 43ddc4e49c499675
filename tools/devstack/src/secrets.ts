import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createUser } from '@nats-io/nkeys';
import { SERVICES, type ServiceName } from '@relais/contracts';
import { z } from 'zod';
import { readJson, writeJson } from './json-file.js';
import { stackDirectory } from './paths.js';

export const SERVICE_NAMES = Object.keys(SERVICES) as ServiceName[];
/** Who may do everything on this stack's NATS: tests and tools. */
export const ADMIN = 'admin';

const secrets = z.object({
  /** Of PostgreSQL's superuser and of Redis. */
  postgresPassword: z.string(),
  redisPassword: z.string(),
  /** Seeds of the NATS users: one per service, and `admin`. */
  nkeySeeds: z.record(z.string(), z.string()),
  /** By PostgreSQL role. */
  rolePasswords: z.record(z.string(), z.string()),
  bootstrapToken: z.string(),
});
export type Secrets = z.infer<typeof secrets>;

export const newPassword = (): string => randomBytes(24).toString('base64url');
const newSeed = (): string => new TextDecoder().decode(createUser().getSeed());

const fileOf = (stack: string) => join(stackDirectory(stack), 'secrets.json');

/** The secrets of a stack: made once, kept with its data, readable by its owner only. */
export function secretsOf(stack: string): Secrets {
  const kept = readJson(fileOf(stack), secrets);
  const made = kept ?? {
    postgresPassword: newPassword(),
    redisPassword: newPassword(),
    nkeySeeds: {},
    rolePasswords: {},
    bootstrapToken: newPassword(),
  };
  for (const user of [...SERVICE_NAMES, ADMIN]) made.nkeySeeds[user] ??= newSeed();
  writeJson(fileOf(stack), made);
  return made;
}

/** The password of a database role of this stack, made when it is first asked for. */
export function rolePassword(stack: string, role: string): string {
  const all = secretsOf(stack);
  const password = (all.rolePasswords[role] ??= newPassword());
  writeJson(fileOf(stack), all);
  return password;
}
