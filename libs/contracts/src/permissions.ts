import { CONSUMERS } from './consumers.js';
import { REQUESTS, SERVICES, type ServiceName, serviceOf } from './services.js';

/** What a service's NATS user may publish and subscribe to; everything else is denied. Answers to requests come on top. */
export interface Permissions {
  readonly publish: string[];
  readonly subscribe: string[];
}

const STREAM = 'EVENTS';
const DEAD_LETTERS = 'DEAD';

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
