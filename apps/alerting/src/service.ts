import type { EventConsumer } from '@relais/bus';
import { RewrapJob } from '@relais/crypto';
import { Database, OutboxRelay } from '@relais/database';
import { dataService, type Part } from '@relais/service';
import { AlertingModule } from './app.module.js';
import { config } from './config.js';
import { migrations } from './database/migrations.js';
import { DEPARTED_DEVICES, DEPARTED_USERS } from './destinations/destinations.providers.js';
import { Engine } from './engine/engine.js';
import { Gauges } from './measurements/gauges.js';
import { BREAK_GLASS_LOGINS, OUTAGE_SWITCHES } from './outage/outage.providers.js';
import { MessagePush } from './message-push/message-push.js';
import { MESSAGES_SAID } from './senders/senders.providers.js';

/** After so long without a whole cycle, something is wrong that a restart may heal, and others should have the work. */
const STALLED_MS = 60_000;

export const service = dataService({
  name: 'alerting',
  config,
  migrations,
  module: (opened) => AlertingModule.with(opened),
  parts: (app, { config, rotation, log }) => ({
    relay: app.get(OutboxRelay),
    departedUsers: app.get<Part>(DEPARTED_USERS),
    departedDevices: app.get<Part>(DEPARTED_DEVICES),
    messagePush: app.get(MessagePush),
    messagesSaid: app.get<Part>(MESSAGES_SAID),
    engine: app.get(Engine),
    outages: app.get<EventConsumer<never>>(OUTAGE_SWITCHES),
    breakGlass: app.get<EventConsumer<never>>(BREAK_GLASS_LOGINS),
    gauges: new Gauges(app.get(Database), app.get(Engine), log),
    rewrap: new RewrapJob(rotation, config.KEK_REWRAP_INTERVAL_MS, log),
  }),
  readiness: (app) => {
    const engine = app.get(Engine);
    const check = () => {
      if (engine.stalledMs > STALLED_MS) throw new Error(`no cycle for ${Math.round(engine.stalledMs / 1_000)} s`);
    };
    return [{ name: 'engine', check }];
  },
});
