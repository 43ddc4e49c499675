import * as invitations from './auth/invitations.js';
import * as pools from './auth/pools.js';
import * as sessions from './auth/sessions.js';
import * as trust from './auth/trust.js';
import * as users from './auth/users.js';
import type { EventContract, RequestContract, SignalContract } from './define.js';
import * as conversations from './messaging/conversations.js';
import * as entries from './messaging/entries.js';

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isRequest = (value: unknown): value is RequestContract =>
  isObject(value) && 'subject' in value && String(value.subject).startsWith('rpc.');
const isEvent = (value: unknown): value is EventContract =>
  isObject(value) && 'subject' in value && String(value.subject).startsWith('evt.');

const declared: unknown[] = [invitations, pools, sessions, trust, users, conversations, entries].flatMap((module) =>
  Object.values(module),
);

/** Every request, event and signal there is. */
export const REQUESTS: readonly RequestContract[] = declared.filter(isRequest);
export const EVENTS: readonly EventContract[] = declared.filter(isEvent);
export const SIGNALS: readonly SignalContract[] = [trust.revoked];

export type ServiceName = 'gateway' | 'auth' | 'messaging';

interface ServiceLinks {
  /** Requests this service sends to others. */
  calls: readonly RequestContract[];
  /** Durable events it publishes and consumes. */
  emits: readonly EventContract[];
  consumes: readonly EventContract[];
  signals: readonly SignalContract[];
  hears: readonly SignalContract[];
  live: 'publishes' | 'both' | 'none';
}

const trustRequests = [trust.readKeys, trust.listRevocations];

/** Who talks to whom: the NATS permissions of each service, and the picture in docs, are made of this table. */
export const SERVICES: Readonly<Record<ServiceName, ServiceLinks>> = {
  gateway: { calls: REQUESTS, emits: [], consumes: [], signals: [], hears: [trust.revoked], live: 'both' },
  auth: {
    calls: [],
    emits: [users.userRemoved],
    consumes: [],
    signals: [trust.revoked],
    hears: [trust.revoked],
    live: 'none',
  },
  messaging: {
    calls: [...trustRequests, users.resolveUsers],
    emits: [entries.entriesAppended],
    consumes: [users.userRemoved],
    signals: [],
    hears: [trust.revoked],
    live: 'publishes',
  },
};

/** The service that answers a request: the second token of its subject. */
export const serviceOf = (contract: { subject: string }): ServiceName => contract.subject.split('.')[1] as ServiceName;
