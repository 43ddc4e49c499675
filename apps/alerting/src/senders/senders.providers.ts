import type { Provider } from '@nestjs/common';
import { Bus, type BusConnection, EventConsumer, type EventStream, Surveys } from '@relais/bus';
import { consumerOf, entriesAppended } from '@relais/contracts';
import { Database } from '@relais/database';
import type { Log } from '@relais/observability';
import type { Config } from '../config.js';
import { MessagePush } from '../message-push/message-push.js';
import { PendingEntries } from '../message-push/pending-entries.js';
import { Sealing } from '../sealing.js';
import { AlarmMessages } from './alarm-messages.js';
import { DeliveryReportsHandler, ReportReaders } from './delivery-reports.js';
import { Destinations, KINDS, type OutsidePath as Way } from './destinations.js';
import { OutsidePath } from './outside-path.js';
import { reportUrlOf } from './report-url.js';
import { Senders } from './senders.js';
import { type Providers, setUp } from './set-up.js';
import { Throttle } from './throttle.js';

/** The ways that end outside, by their names. */
export const OUTSIDE_PATHS = Symbol('outside paths');
export type OutsidePaths = Readonly<Record<Way, OutsidePath>>;

/** Takes what was said in conversations from the stream. */
export const MESSAGES_SAID = Symbol('messages said');
/** Everybody whom the installation has set up. */
const PROVIDERS = Symbol('providers');

/** Messages whose people may be waited for at once, per replica. */
const MESSAGES_AT_ONCE = 2_000;
const WAYS = Object.keys(KINDS) as Way[];

interface Surroundings {
  config: Config;
  connection: BusConnection;
  events: EventStream;
  log: Log;
}

export const senders = ({ config, connection, events, log }: Surroundings): Provider[] => [
  { provide: PROVIDERS, useFactory: () => setUp(config) },
  { provide: Senders, useFactory: (providers: Providers) => sendersOf(config, providers), inject: [PROVIDERS] },
  { provide: OUTSIDE_PATHS, useFactory: pathsOf(config), inject: [Database, Sealing, Destinations, Senders] },
  {
    provide: ReportReaders,
    useFactory: ({ phones }: Providers) => new ReportReaders(phones, config.REPORTS_URL),
    inject: [PROVIDERS],
  },
  DeliveryReportsHandler,
  {
    provide: MessagePush,
    useFactory: (bus: Bus, destinations: Destinations, all: Senders) => {
      const pending = new PendingEntries({
        delayMs: config.MESSAGE_PUSH_DELAY_MS,
        pauseMs: config.MESSAGE_PUSH_PAUSE_MS,
      });
      return new MessagePush({ bus, surveys: new Surveys(connection), destinations, senders: all, pending });
    },
    inject: [Bus, Destinations, Senders],
  },
  {
    provide: MESSAGES_SAID,
    useFactory: (pushes: MessagePush) =>
      new EventConsumer(events, {
        name: consumerOf('alerting', entriesAppended),
        contract: entriesAppended,
        handle: (event) => pushes.take(event),
        concurrency: MESSAGES_AT_ONCE,
        log,
      }),
    inject: [MessagePush],
  },
];

const sendersOf = (config: Config, providers: Providers): Senders =>
  new Senders(providers, {
    smsProvider: config.SMS_PROVIDER,
    voiceProvider: config.VOICE_PROVIDER,
    reportUrl: (provider, of) => (config.REPORTS_URL ? reportUrlOf(config.REPORTS_URL, provider, of) : null),
  });

const pathsOf =
  ({ ALARM_URL, SMS_PER_SECOND: sms, VOICE_PER_SECOND: voice }: Config) =>
  (db: Database, sealing: Sealing, destinations: Destinations, all: Senders): OutsidePaths => {
    const messages = new AlarmMessages(db, sealing, ALARM_URL);
    const parts = { destinations, messages, senders: all, throttle: new Throttle(db, { sms, voice }) };
    return Object.fromEntries(WAYS.map((way) => [way, new OutsidePath(way, parts)])) as Record<Way, OutsidePath>;
  };
