import { type Env, loadConfig } from '@relais/config';
import { rewrapEnv } from '@relais/crypto';
import { dataServiceEnv } from '@relais/service';
import { z } from 'zod';

const milliseconds = (fallback: number, min: number) => z.coerce.number().int().min(min).default(fallback);

export const env = {
  ...dataServiceEnv,
  SHARE_RECEIPTS: z
    .enum(['none', 'delivered', 'read'])
    .default('none')
    .describe('What members learn of how far the others have received and read'),
  EXPIRY_INTERVAL_MS: milliseconds(10_000, 100).describe('Pause between clearing contents whose time is over, ms'),
  ...rewrapEnv,
};

export type Config = ReturnType<typeof config>;
export const config = (given?: Env) => loadConfig(env, given);
