import { type Env, loadConfig } from '@relais/config';
import { rewrapEnv } from '@relais/crypto';
import { dataServiceEnv } from '@relais/service';
import { z } from 'zod';
import { sendersEnv } from './senders/senders-env.js';

export const env = {
  ...dataServiceEnv,
  ...rewrapEnv,
  ...sendersEnv,
  WATCH_ALLOWED_HOSTS: z
    .string()
    .max(4_096)
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== ''),
    )
    .describe(
      'What probes of the first channel may reach in the inner network, divided by commas: host names, addresses, networks such as 10.20.0.0/16',
    ),
  ENGINE_POLL_INTERVAL_MS: z.coerce
    .number()
    .int()
    .min(50)
    .default(1_000)
    .describe('Longest pause between two looks at what is due, ms: what another replica set is seen within it'),
};

export type Config = ReturnType<typeof config>;
export const config = (given?: Env) => loadConfig(env, given);
