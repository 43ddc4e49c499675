import 'reflect-metadata';
import { runMigrations } from '@relais/service';
import { migrations } from './database/migrations.js';

await runMigrations('alerting', migrations);
