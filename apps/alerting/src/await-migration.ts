import 'reflect-metadata';
import { runAwaitMigration } from '@relais/service';
import { migrations } from './database/migrations.js';

await runAwaitMigration('alerting', migrations);
