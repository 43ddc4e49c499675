import type { EventConsumer } from '@relais/bus';
import { OutboxRelay } from '@relais/database';
import { dataService } from '@relais/service';
import { AuthModule } from './app.module.js';
import { config } from './config.js';
import { migrations } from './database/migrations.js';
import { DirectorySchedule } from './directory/directory-schedule.js';
import { Housekeeping } from './housekeeping.postgres.js';
import { NOTICES } from './notices/notices.providers.js';
import { LocalTrust } from './trust/local-trust.js';

export const service = dataService({
  name: 'auth',
  config,
  migrations,
  module: (opened) => AuthModule.with(opened),
  parts: (app) => ({
    trust: app.get(LocalTrust),
    relay: app.get(OutboxRelay),
    notices: app.get<EventConsumer<never>>(NOTICES),
    housekeeping: app.get(Housekeeping),
    directories: app.get(DirectorySchedule),
  }),
});
