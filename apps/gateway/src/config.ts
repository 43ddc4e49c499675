import { type Env, loadConfig, natsEnv, serviceEnv } from '@relais/config';
import { redisEnv } from '@relais/redis';
import { z } from 'zod';

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item.length > 0),
  );

export const env = {
  ...serviceEnv,
  ...natsEnv,
  ...redisEnv,
  PORT: z.coerce.number().int().min(0).max(65_535).default(8_080).describe('Public port: HTTP and WebSocket'),
  ALLOWED_ORIGINS: list.describe(
    'Origins whose pages may call the API and open sockets, divided by commas; native apps send no Origin and pass',
  ),
  PUBLIC_URL: list
    .pipe(z.array(z.url({ protocol: /^https?$/ })))
    .describe(
      'Base addresses under which clients reach the gateways, divided by commas: proofs must name one of them. Without it, the Host header of each request is believed, with either scheme',
    ),
  TRUSTED_PROXIES: list.describe(
    'Addresses or CIDR blocks whose X-Forwarded-For is believed, divided by commas; by default nobody',
  ),
  EXPECTED_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(2)
    .describe('Among how many replicas the shared limits are divided while Redis is away'),
  RATE_LIMIT_FACTOR: z.coerce
    .number()
    .min(0.1)
    .max(100_000)
    .default(1)
    .describe('Multiplies every rate limit; load tests raise it'),
  MAX_CONNECTIONS: z.coerce.number().int().min(1).max(1_000_000).default(20_000).describe('Sockets this replica holds'),
  ADMISSION_PER_SECOND: z.coerce
    .number()
    .min(1)
    .max(100_000)
    .default(200)
    .describe('New sockets this replica admits per second; the burst is twice as many'),
  HEARTBEAT_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(20_000)
    .describe('Pause between heartbeats of a socket, ms; one that is silent for two of them is closed'),
  DIGEST_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(15_000)
    .describe('How often the heads of all conversations held here are compared with the log, ms'),
  ROLLOUT: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,63}$/)
    .optional()
    .describe(
      'Which rollout this replica is of, the same for all of it: while gateways of another one go, new sockets come to these. Without it every gateway takes whoever comes',
    ),
  DRAIN_DELAY_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(60_000)
    .default(3_000)
    .describe('Time between "not ready" and refusing new sockets at shutdown, ms'),
  DRAIN_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(600_000)
    .default(10_000)
    .describe('Time over which sockets are closed at shutdown, ms'),
};

export type Config = ReturnType<typeof loadConfig<typeof env>>;
export const config = (given?: Env): Config => loadConfig(env, given);
