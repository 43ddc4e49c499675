import { hostname } from 'node:os';
import { z } from 'zod';

const milliseconds = (fallback: number, min = 1) => z.coerce.number().int().min(min).default(fallback);

/** What every service reads. */
export const serviceEnv = {
  INTERNAL_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(9_090)
    .describe('Port of /livez, /readyz and /metrics'),
  HOST: z.string().default('0.0.0.0').describe('Address the ports listen on'),
  REPLICA: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/)
    .default(() =>
      hostname()
        .toLowerCase()
        .replaceAll(/[^a-z0-9-]/g, '-')
        .slice(0, 63),
    )
    .describe('Name of this replica; default: the host name'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least severe log line written'),
  LOG_PSEUDONYM_KEY: z
    .string()
    .min(16)
    .optional()
    .describe(
      'Secret that turns ids of people into pseudonyms in logs; the same on all replicas to follow one across them',
    ),
  VERSION: z.string().default('0.1.0').describe('Version that relais_build_info shows'),
  REVISION: z.string().default('unknown').describe('Source revision that relais_build_info shows'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('OpenTelemetry collector that traces are sent to, OTLP over HTTP; without it nothing is traced'),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .optional()
    .describe('Headers for the collector, name=value divided by commas; secret'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of requests that are traced, decided at the gateway'),
  SHUTDOWN_DEADLINE_MS: milliseconds(20_000).describe('Longest time to let go of everything after SIGTERM, ms'),
};

export const natsEnv = {
  NATS_URL: z
    .string()
    .regex(/^(nats|tls):\/\//, 'expected nats:// or tls://')
    .describe('Where NATS listens; several divided by commas'),
  NATS_NKEY_SEED: z.string().startsWith('SU').optional().describe('Seed of the NATS user of this service; secret'),
  NATS_CA_FILE: z.string().optional().describe('CA that signs the NATS servers, PEM'),
};

export const databaseEnv = {
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('PostgreSQL, as the role that is not the owner; secret'),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(100).default(8).describe('Connections per replica'),
  DATABASE_STATEMENT_TIMEOUT_MS: milliseconds(5_000).describe('Longest statement, ms'),
  DATABASE_COMMIT_TIMEOUT_MS: milliseconds(5_000).describe('Longest COMMIT before its outcome counts as unknown, ms'),
  DATABASE_UNSAFE: z
    .enum(['true', 'false'])
    .default('false')
    .describe('true: be ready although the server does not sync commits to disk; for tests of exactly that'),
};

export const migrationEnv = {
  DATABASE_OWNER_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('PostgreSQL, as the owner of the schema; secret'),
  KEYSTORE_OWNER_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('Keystore database, as its owner; secret'),
};

/** For what waits until another has migrated. */
export const awaitEnv = {
  DATABASE_URL: databaseEnv.DATABASE_URL,
  KEYSTORE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('Keystore database; secret'),
  WAIT_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(600)
    .describe('How long to wait for the migration, s'),
};

export const outboxEnv = {
  OUTBOX_POLL_INTERVAL_MS: milliseconds(200, 10).describe(
    'Pause between outbox reads, ms; a second once nothing came for two',
  ),
  OUTBOX_BATCH_SIZE: z.coerce.number().int().min(1).max(1_000).default(200).describe('Events published per read'),
  OUTBOX_LEASE_MS: milliseconds(5_000, 500).describe('How long a silent relay keeps the others out, ms'),
  OUTBOX_RETENTION_HOURS: z.coerce
    .number()
    .int()
    .min(1)
    .max(720)
    .default(24)
    .describe('How far back a lost stream can be rebuilt, h'),
  EVENTS_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe('Copies of the event stream in the NATS cluster'),
};
