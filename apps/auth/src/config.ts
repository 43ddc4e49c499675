import { type Env, loadConfig } from '@relais/config';
import { LIMITS } from '@relais/contracts';
import { dataServiceEnv } from '@relais/service';
import { z } from 'zod';

/** The weakest hash we store: the floor of OWASP's recommendation for argon2id. */
const MEMORY_FLOOR_KIB = 19_456;

const count = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** The parts of a comma-separated list. */
export const listed = (text = ''): string[] => text.split(/[\s,]+/).filter(Boolean);

export const env = {
  ...dataServiceEnv,
  BOOTSTRAP_TOKEN: z
    .string()
    .refine((text) => listed(text).every((token) => token.length >= 32), 'expected at least 32 characters each')
    .optional()
    .describe('Makes one organization and its owner, once; several divided by commas make one each; secret'),
  ACCESS_TOKEN_SECONDS: count(LIMITS.accessTokenSeconds, 30, LIMITS.accessTokenSeconds).describe(
    'Life of an access token, s',
  ),
  SIGNING_KEY_PERIOD_HOURS: count(720, 1, 8_760).describe('How long a key signs before the next one takes over, h'),
  PASSWORD_MEMORY_KIB: count(MEMORY_FLOOR_KIB, MEMORY_FLOOR_KIB, 1_048_576).describe(
    'Memory of one password hash, KiB',
  ),
  PASSWORD_PASSES: count(2, 2, 20).describe('Passes of one password hash'),
  PASSWORD_PARALLEL: count(1, 1, 64).describe(
    'Password hashes at work at the same time, about 75 a second each; leave a core of the node to everything else',
  ),
  PASSWORD_QUEUE: count(64, 1, 1_000).describe('Logins that wait for a hash; more are told to come back'),
  PASSWORD_BLOCKLIST_FILE: z.string().optional().describe('File of refused passwords, one per line'),
  WEBAUTHN_RP_ID: z.string().default('localhost').describe('Domain that passkeys belong to'),
  WEBAUTHN_ORIGINS: z
    .string()
    .default('http://localhost')
    .describe('Origins that may ask for passkeys, divided by commas: https://… or android:apk-key-hash:…'),
  TRUST_POLL_INTERVAL_MS: count(15_000, 100, 60_000).describe('Pause between reading signing keys and revocations, ms'),
  DIRECTORY_POLL_INTERVAL_MS: count(30_000, 100, 600_000).describe(
    'Pause between looking for directory runs that are due, ms',
  ),
  HOUSEKEEPING_INTERVAL_MS: count(600_000, 1_000, 86_400_000).describe('Pause between removing what has run out, ms'),
};

export type Config = ReturnType<typeof config>;
export const config = (given?: Env) => loadConfig(env, given);
