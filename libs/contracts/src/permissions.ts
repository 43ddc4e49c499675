import { breakGlassUsed } from './auth/break-glass.js';
import { contactsChanged } from './auth/contact-policy.js';
import { securityNoticeRaised } from './auth/notices.js';
import { outageModeChanged } from './auth/outage-mode.js';
import { deviceLeft, userRemoved } from './auth/users.js';
import type { EventContract } from './define.js';
import { entriesAppended } from './messaging/entries.js';
import { REQUESTS, SERVICES, type ServiceName, serviceOf } from './services.js';

/** What a service's NATS user may publish and subscribe to; everything else is denied. Answers to requests come on top. */
export interface Permissions {
  readonly publish: string[];
  readonly subscribe: string[];
}

const STREAM = 'EVENTS';
const DEAD_LETTERS = 'DEAD';

/**
 * The durable consumers of each service, `<service>-<purpose>`, and the event each is for. NATS has no wildcard inside a
 * token, so a consumer that is not in this table is denied.
 */
export const CONSUMERS: Readonly<Record<ServiceName, Readonly<Record<string, EventContract>>>> = {
  gateway: {},
  auth: { 'auth-notices': securityNoticeRaised },
  alerting: {
    'alerting-outages': outageModeChanged,
    'alerting-break-glass': breakGlassUsed,
    'alerting-departed-users': userRemoved,
    'alerting-departed-devices': deviceLeft,
    'alerting-message-push': entriesAppended,
  },
  messaging: { 'messaging-departed-users': userRemoved, 'messaging-contact-changes': contactsChanged },
};

/** The name of the durable consumer of a service for an event. @throws Error when the table has none */
export function consumerOf(service: ServiceName, event: EventContract): string {
  const [name] = Object.entries(CONSUMERS[service]).find(([, consumed]) => consumed === event) ?? [];
  if (!name) throw new Error(`${service} has no consumer for ${event.subject}: see CONSUMERS`);
  return name;
}

/** Derives the permissions of a service from its contracts. Pure: the server's configuration is generated from this. */
export function permissionsOf(service: ServiceName): Permissions {
  const links = SERVICES[service];
  const serves = REQUESTS.some((request) => serviceOf(request) === service);
  const consumers = Object.keys(CONSUMERS[service]);
  const usesStream = links.emits.length > 0 || consumers.length > 0;
  return {
    publish: [
      ...subjects(links.calls),
      ...subjects(links.emits),
      ...subjects(links.signals),
      ...subjects(links.surveys ?? []),
      ...(links.live === 'none' ? [] : ['live.>']),
      `node.${service}.>`,
      ...(usesStream ? streamSubjects(STREAM) : []),
      ...subjects(links.emits).map((subject) => `$JS.API.DIRECT.GET.${STREAM}.${subject}`),
      ...consumers.flatMap((name) => [...consumerSubjects(name), `dlq.${name}`]),
      ...(consumers.length > 0 ? streamSubjects(DEAD_LETTERS) : []),
    ],
    subscribe: [
      ...(serves ? [`rpc.${service}.>`] : []),
      ...subjects(links.hears),
      ...(links.live === 'both' ? ['live.>'] : []),
      `node.${service}.>`,
      `all.${service}.>`,
      `_INBOX.${service}.>`,
    ],
  };
}

const subjects = (contracts: readonly { subject: string }[]) => contracts.map(({ subject }) => subject);

/** To look at the stream and to make it anew when it is lost; never to empty or delete it. */
const streamSubjects = (stream: string) =>
  ['INFO', 'CREATE', 'UPDATE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`);

/** To make, read and acknowledge one durable consumer. The server of 2.9 and later ones ask on different subjects. */
const consumerSubjects = (name: string) => [
  `$JS.API.CONSUMER.INFO.${STREAM}.${name}`,
  `$JS.API.CONSUMER.CREATE.${STREAM}.${name}`,
  `$JS.API.CONSUMER.CREATE.${STREAM}.${name}.>`,
  `$JS.API.CONSUMER.DURABLE.CREATE.${STREAM}.${name}`,
  `$JS.API.CONSUMER.MSG.NEXT.${STREAM}.${name}`,
  `$JS.ACK.${STREAM}.${name}.>`,
];
