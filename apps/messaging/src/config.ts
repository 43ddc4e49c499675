import { databaseEnv, loadConfig, migrationEnv, natsEnv, outboxEnv, serviceEnv } from '@relais/config';
import { cryptoEnv } from '@relais/crypto';
import { z } from 'zod';

const milliseconds = (fallback: number, min: number) => z.coerce.number().int().min(min).default(fallback);

export const env = {
  ...serviceEnv,
  ...natsEnv,
  ...databaseEnv,
  ...cryptoEnv,
  ...outboxEnv,
  SHARE_RECEIPTS: z
    .enum(['none', 'delivered', 'read'])
    .default('none')
    .describe('What members learn of how far the others have received and read'),
  EXPIRY_INTERVAL_MS: milliseconds(10_000, 100).describe('Pause between clearing contents whose time is over, ms'),
  KEK_REWRAP_INTERVAL_MS: milliseconds(600_000, 100).describe(
    'Pause between looking for data keys under an old key encryption key, ms',
  ),
};

export type Config = ReturnType<typeof config>;
export const config = () => loadConfig(env);

/** What `migrate` reads. */
export const migrationConfig = () => loadConfig({ LOG_LEVEL: serviceEnv.LOG_LEVEL, ...migrationEnv });
