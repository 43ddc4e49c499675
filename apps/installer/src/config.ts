import { awaitEnv, databaseEnv, loadConfig, migrationEnv, serviceEnv } from '@relais/config';
import { z } from 'zod';
import { KINDS } from './generate.js';

const plan = z.array(z.object({ name: z.string(), keys: z.record(z.string(), z.enum(KINDS)) }));

const bootstrapEnv = {
  LOG_LEVEL: serviceEnv.LOG_LEVEL,
  NAMESPACE: z.string().min(1).describe('Namespace of the secrets'),
  INSTANCE: z.string().min(1).describe('Release that the secrets belong to'),
  SECRETS_PLAN: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('not JSON');
        return z.NEVER;
      }
    })
    .pipe(plan)
    .describe('The secrets that have to be there, as JSON'),
};
export const bootstrapConfig = () => loadConfig(bootstrapEnv);

const provisionEnv = {
  LOG_LEVEL: serviceEnv.LOG_LEVEL,
  ...migrationEnv,
  DATABASE_URL: databaseEnv.DATABASE_URL,
  KEYSTORE_URL: awaitEnv.KEYSTORE_URL,
  DATABASE_ADMIN_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('PostgreSQL, as somebody who may make roles and databases; secret'),
  WAIT_SECONDS: z.coerce.number().int().min(0).max(3_600).default(300).describe('How long to wait for the server, s'),
};
export const provisionConfig = () => loadConfig(provisionEnv);

const checkEnv = {
  LOG_LEVEL: serviceEnv.LOG_LEVEL,
  GATEWAY_URL: z.url({ protocol: /^https?$/ }).describe('Address of the gateway'),
};
export const checkConfig = () => loadConfig(checkEnv);
