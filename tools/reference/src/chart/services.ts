import { SERVICES } from '@relais/contracts';
import { z } from 'zod';
import { variableOf } from '../variables.js';
import { built, isBuilt } from '../workspace.js';
import type { Schema } from './json-schema.js';
import type { ChartService } from './values-schema.js';

/** What the chart decides itself, from values of their own or from where a pod is. */
const CHARTS = new Set([
  ...['REPLICA', 'HOST', 'PORT', 'INTERNAL_PORT', 'VERSION', 'REVISION', 'LOG_LEVEL', 'NATS_URL', 'NATS_CA_FILE'],
  ...['NATS_NKEY_SEED', 'DATABASE_URL', 'KEYSTORE_URL', 'KEK_FILE', 'REDIS_URL', 'BOOTSTRAP_TOKEN', 'EVENTS_REPLICAS'],
  ...['PUBLIC_URL', 'ALLOWED_ORIGINS', 'TRUSTED_PROXIES', 'DRAIN_MS', 'DRAIN_DELAY_MS', 'SHUTDOWN_DEADLINE_MS'],
  ...['WEBAUTHN_RP_ID', 'WEBAUTHN_ORIGINS', 'EXPECTED_REPLICAS', 'ROLLOUT'],
  ...['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_TRACES_SAMPLER_ARG'],
]);

/** It has a part of the chart of its own: no service, and nothing without the API server. */
const NOT_A_WORKLOAD = 'operator';

/** Every service with its settings, as its own table of the environment has them. */
export const chartServices = async (): Promise<ChartService[]> =>
  Promise.all(
    Object.keys(SERVICES)
      .filter((name) => name !== NOT_A_WORKLOAD)
      .toSorted()
      .map(async (name) => {
        const { env } = (await built(`apps/${name}/dist/config.js`)) as { env: Record<string, z.ZodType> };
        const own = Object.entries(env)
          .filter(([setting]) => !CHARTS.has(setting))
          .toSorted(([a], [b]) => (a < b ? -1 : 1));
        const isSecret = ([setting, schema]: [string, z.ZodType]) => variableOf(setting, schema).secret;
        return {
          name,
          database: isBuilt(`apps/${name}/dist/migrate.js`),
          redis: 'REDIS_URL' in env,
          public: 'PORT' in env,
          settings: Object.fromEntries(own.filter((one) => !isSecret(one)).map(([key, one]) => [key, settingOf(one)])),
          secrets: own.filter(isSecret).map(([setting]) => setting),
        };
      }),
  );

/** YAML may say `true` or `"true"`, 5 or "5" where the environment knows text only. */
function settingOf(schema: z.ZodType): Schema {
  const { type, enum: values, minimum, maximum } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const description = schema.description ? { description: schema.description } : {};
  if (values)
    return {
      enum: values.flatMap((one) => (one === 'true' ? [one, true] : one === 'false' ? [one, false] : [one])),
      ...description,
    };
  if (type === 'number' || type === 'integer')
    return {
      type,
      ...(minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && { minimum }),
      ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
      ...description,
    };
  return { type: 'string', ...description };
}
