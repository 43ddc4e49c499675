import 'reflect-metadata';
import { keystoreMigrations } from '@relais/crypto';
import { migrate } from '@relais/database';
import { createLogger } from '@relais/observability';
import { migrationConfig } from './config.js';
import { migrations } from './database/migrations.js';

const config = migrationConfig();
const log = createLogger({ service: 'auth', replica: 'migrate', level: config.LOG_LEVEL });
await migrate(config.KEYSTORE_OWNER_URL, keystoreMigrations, log);
await migrate(config.DATABASE_OWNER_URL, migrations, log);
log.info({ event: 'migration.done' });
