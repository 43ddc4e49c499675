import type { Provider } from '@nestjs/common';
import { EventConsumer, type EventStream } from '@relais/bus';
import { consumerOf, deviceLeft, userRemoved } from '@relais/contracts';
import type { Log } from '@relais/observability';
import type { Config } from '../config.js';
import { Destinations } from '../senders/destinations.js';
import { Senders } from '../senders/senders.js';
import { vapidOf } from '../senders/web-push.js';
import { AddressBook } from './address-book.js';
import { CodeSender } from './code-sender.js';
import { ContactCodesHandler } from './contact-codes.js';
import { ContactPointsHandler } from './contact-points.js';
import { DeparturesHandler } from './departures.js';
import { PostgresDestinations } from './destinations.postgres.js';
import { NamedUrls } from './named-urls.js';
import { PushRegistrationsHandler, VapidPublicKey } from './push-registrations.js';
import { SendersCodeSender } from './senders-code-sender.js';

const vapidKeyOf = ({ VAPID_PRIVATE_KEY: key, VAPID_SUBJECT: subject }: Config): string | undefined =>
  key && subject ? vapidOf(key, subject).publicKey : undefined;

/** Takes people and devices that went from the stream. */
export const DEPARTED_USERS = Symbol('departed users');
export const DEPARTED_DEVICES = Symbol('departed devices');

export const destinations = (config: Config, events: EventStream, log: Log): Provider[] => [
  { provide: Destinations, useClass: PostgresDestinations },
  {
    provide: CodeSender,
    useFactory: (senders: Senders) => new SendersCodeSender(senders),
    inject: [Senders],
  },
  { provide: NamedUrls, useValue: new NamedUrls(config.PRIVATE_HOSTS) },
  { provide: VapidPublicKey, useValue: new VapidPublicKey(vapidKeyOf(config)) },
  PushRegistrationsHandler,
  ContactPointsHandler,
  ContactCodesHandler,
  DeparturesHandler,
  AddressBook,
  {
    provide: DEPARTED_USERS,
    useFactory: (departures: DeparturesHandler) =>
      new EventConsumer(events, {
        name: consumerOf('alerting', userRemoved),
        contract: userRemoved,
        handle: (data) => departures.user(data),
        log,
      }),
    inject: [DeparturesHandler],
  },
  {
    provide: DEPARTED_DEVICES,
    useFactory: (departures: DeparturesHandler) =>
      new EventConsumer(events, {
        name: consumerOf('alerting', deviceLeft),
        contract: deviceLeft,
        handle: (data) => departures.device(data),
        log,
      }),
    inject: [DeparturesHandler],
  },
];
