import { databaseEnv, loadConfig, migrationEnv, natsEnv, outboxEnv, serviceEnv } from '@relais/config';
import { LIMITS } from '@relais/contracts';
import { cryptoEnv } from '@relais/crypto';
import { z } from 'zod';

/** The weakest hash we store: the floor of OWASP's recommendation for argon2id. */
const MEMORY_FLOOR_KIB = 19_456;

const count = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** The tokens that a comma-separated list holds. */
export const bootstrapTokensIn = (text = ''): string[] => text.split(/[\s,]+/).filter(Boolean);

export const env = {
  ...serviceEnv,
  ...natsEnv,
  ...databaseEnv,
  ...cryptoEnv,
  ...outboxEnv,
  BOOTSTRAP_TOKEN: z
    .string()
    .refine(
      (text) => bootstrapTokensIn(text).every((token) => token.length >= 32),
      'expected at least 32 characters each',
    )
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
  PASSWORD_PARALLEL: count(2, 1, 64).describe('Password hashes at work at the same time; each takes a core'),
  PASSWORD_QUEUE: count(64, 1, 1_000).describe('Logins that wait for a hash; more are told to come back'),
  PASSWORD_BLOCKLIST_FILE: z.string().optional().describe('File of refused passwords, one per line'),
  TRUST_POLL_INTERVAL_MS: count(15_000, 100, 60_000).describe('Pause between reading signing keys and revocations, ms'),
  HOUSEKEEPING_INTERVAL_MS: count(600_000, 1_000, 86_400_000).describe('Pause between removing what has run out, ms'),
};

export type Config = ReturnType<typeof config>;
export const config = () => loadConfig(env);

/** What `migrate` reads. */
export const migrationConfig = () => loadConfig({ LOG_LEVEL: serviceEnv.LOG_LEVEL, ...migrationEnv });
