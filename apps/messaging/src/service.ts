import { EventConsumer } from '@relais/bus';
import { RewrapJob } from '@relais/crypto';
import { Database, OutboxRelay } from '@relais/database';
import { dataService } from '@relais/service';
import { MessagingModule } from './app.module.js';
import { config } from './config.js';
import { CONTACT_CHANGES } from './contacts/contact-review.js';
import { migrations } from './database/migrations.js';
import { ExpiryJob } from './expiry/expiry-job.postgres.js';
import { SpentKeys } from './keeping/spent-keys.js';

export const service = dataService({
  name: 'messaging',
  config,
  migrations,
  module: (opened) => MessagingModule.with(opened),
  parts: (app, { config, db, envelope, rotation, log }) => ({
    relay: app.get(OutboxRelay),
    consumer: app.get<EventConsumer<never>>(EventConsumer),
    contactChanges: app.get<EventConsumer<never>>(CONTACT_CHANGES),
    expiry: new ExpiryJob(db, new SpentKeys(app.get(Database), envelope), config.EXPIRY_INTERVAL_MS, log),
    rewrap: new RewrapJob(rotation, config.KEK_REWRAP_INTERVAL_MS, log),
  }),
});
