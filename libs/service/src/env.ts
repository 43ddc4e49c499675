import { awaitEnv, databaseEnv, loadConfig, migrationEnv, natsEnv, outboxEnv, serviceEnv } from '@relais/config';
import { cryptoEnv } from '@relais/crypto';

/** What every service with a database of its own reads. */
export const dataServiceEnv = { ...serviceEnv, ...natsEnv, ...databaseEnv, ...cryptoEnv, ...outboxEnv };

const dataServiceConfig = () => loadConfig(dataServiceEnv);
export type DataServiceConfig = ReturnType<typeof dataServiceConfig>;

/** What `migrate` reads. */
export const migrationConfig = () => loadConfig({ LOG_LEVEL: serviceEnv.LOG_LEVEL, ...migrationEnv });

/** What `await-migration` reads. */
export const awaitConfig = () => loadConfig({ LOG_LEVEL: serviceEnv.LOG_LEVEL, ...awaitEnv });
