import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type NatsConnection, PermissionViolationError, connect, nkeyAuthenticator } from '@nats-io/transport-node';
import {
  CONSUMERS,
  EVENTS,
  REQUESTS,
  SERVICES,
  SIGNALS,
  SURVEYS,
  type ServiceName,
  userRemoved,
} from '@relais/contracts';
import { bindToProcess } from '../owner.js';
import { ADMIN, SERVICE_NAMES, type Secrets, secretsOf } from '../secrets.js';
import { Stack } from '../stack.js';
import { natsUrl, startNats } from './nats.js';
import { findSources } from './source.js';

const STREAM = 'EVENTS';
const ORGANIZATION = '01976f00-0000-7000-8000-000000000001';

/** A server of its own: the permissions under test are those of the generated configuration, not of the test run. */
describe('the NATS permissions of the services (A-55, F-41)', () => {
  const stack = Stack.open(`acl-${process.pid}`);
  const open: NatsConnection[] = [];
  let secrets: Secrets;

  beforeAll(async () => {
    bindToProcess(stack, process.pid);
    secrets = secretsOf(stack.name);
    const { nats } = await findSources(() => undefined);
    if (nats.kind === 'given') throw new Error('this test needs a NATS server of its own: unset RELAIS_NATS_URL');
    await startNats({ stack, secrets, source: nats, port: await stack.port('nats') });
  });

  afterAll(async () => {
    await Promise.all(open.map((connection) => connection.close()));
    await stack.stop('nats');
    stack.purge();
  });

  async function as(user: ServiceName | typeof ADMIN): Promise<NatsConnection> {
    const connection = await connect({
      servers: natsUrl(await stack.port('nats')),
      authenticator: nkeyAuthenticator(new TextEncoder().encode(secrets.nkeySeeds[user])),
      inboxPrefix: `_INBOX.${user}`,
    });
    open.push(connection);
    return connection;
  }

  /** Tries them all and gives back those the server did not refuse. The server answers in order, so a flush ends it. */
  async function allowed(
    user: ServiceName,
    operation: 'publish' | 'subscription',
    subjects: string[],
  ): Promise<string[]> {
    const connection = await as(user);
    const refused = new Set<string>();
    void collectRefusals(connection, operation, refused);
    for (const subject of subjects) {
      if (operation === 'publish') connection.publish(subject);
      else connection.subscribe(subject, { callback: () => undefined });
    }
    await connection.flush();
    await connection.flush();
    return subjects.filter((subject) => !refused.has(subject));
  }

  /** Also those of services that are not there yet, which are asked all the same. */
  const called = Object.values(SERVICES).flatMap(({ calls }) => calls);
  const requestSubjects = [...new Set([...REQUESTS, ...called].map(({ subject }) => subject))];
  const eventSubjects = EVENTS.map(({ subject }) => subject);
  const signalSubjects = SIGNALS.map(({ subject }) => subject);
  const surveySubjects = SURVEYS.map(({ subject }) => subject);
  const liveSubjects = [
    `live.${ORGANIZATION}.user.${ORGANIZATION}`,
    `live.${ORGANIZATION}.conversation.${ORGANIZATION}`,
  ];
  const inbox = (service: string) => `_INBOX.${service}.abc.1`;
  const replica = (service: string) => `node.${service}.one.ping.v1`;

  describe.each(SERVICE_NAMES)('%s', (service) => {
    const links = SERVICES[service];
    const others = SERVICE_NAMES.filter((name) => name !== service);

    it('sends the requests, events, signals, surveys and live messages of its contracts and no other', async () => {
      const all = [...requestSubjects, ...eventSubjects, ...signalSubjects, ...surveySubjects, ...liveSubjects];

      const sent = await allowed(service, 'publish', all);

      const declared = [...links.calls, ...links.emits, ...links.signals, ...(links.surveys ?? [])].map(
        ({ subject }) => subject,
      );
      expect(sent.sort()).toEqual([...declared, ...(links.live === 'none' ? [] : liveSubjects)].sort());
    });

    it('receives its own requests, its signals and, as a gateway, live messages; never an event past its consumer', async () => {
      const all = [...requestSubjects, ...eventSubjects, ...signalSubjects, ...liveSubjects];

      const received = await allowed(service, 'subscription', all);

      const own = requestSubjects.filter((subject) => subject.startsWith(`rpc.${service}.`));
      const heard = links.hears.map(({ subject }) => subject);
      expect(received.sort()).toEqual([...own, ...heard, ...(links.live === 'both' ? liveSubjects : [])].sort());
    });

    it('has its replica subjects and its answers to itself', async () => {
      const mine = [replica(service), inbox(service)];
      const theirs = others.flatMap((other) => [replica(other), inbox(other), `all.${other}.anything.v1`]);

      expect(await allowed(service, 'subscription', [...mine, ...theirs])).toEqual(mine);
      expect(await allowed(service, 'publish', [...mine, ...theirs])).toEqual([replica(service)]);
    });

    it('listens to nothing broader', async () => {
      const broad = [
        '>',
        '*.>',
        'rpc.>',
        'evt.>',
        'live.*',
        'node.>',
        'all.>',
        '_INBOX.>',
        '$SYS.>',
        '$JS.>',
        '$JS.EVENT.>',
        'dlq.>',
      ];

      expect(await allowed(service, 'subscription', broad)).toEqual(links.live === 'both' ? ['live.*'] : []);
    });

    it('cannot empty, delete, seal or restore a stream, nor touch the consumer of another', async () => {
      const verbs = ['DELETE', 'PURGE', 'MSG.DELETE', 'MSG.GET', 'RESTORE', 'SNAPSHOT'];
      const streams = verbs.map((verb) => `$JS.API.STREAM.${verb}.${STREAM}`);
      const foreignEvents = eventSubjects.filter((subject) => !links.emits.some((event) => event.subject === subject));
      const foreign = others.flatMap((other) => [...Object.keys(CONSUMERS[other]), `${other}-anything`]);
      const consumers = foreign.flatMap((name) => [
        `$JS.API.CONSUMER.CREATE.${STREAM}.${name}`,
        `$JS.API.CONSUMER.DELETE.${STREAM}.${name}`,
        `$JS.API.CONSUMER.MSG.NEXT.${STREAM}.${name}`,
        `$JS.ACK.${STREAM}.${name}.1.1.1.1.1`,
        `dlq.${name}`,
      ]);

      expect(
        await allowed(service, 'publish', [
          ...streams,
          ...consumers,
          '$SYS.REQ.SERVER.PING',
          '$JS.API.STREAM.CREATE.OTHER',
          ...foreignEvents.map((subject) => `$JS.API.DIRECT.GET.${STREAM}.${subject}`),
        ]),
      ).toEqual([]);
    });
  });

  it('lets nobody in without a key', async () => {
    await expect(connect({ servers: natsUrl(await stack.port('nats')), reconnect: false })).rejects.toThrow(
      /authorization/i,
    );
  });

  it('lets a service answer a request, once', async () => {
    const [gateway, auth] = [await as('gateway'), await as('auth')];
    const refused = new Set<string>();
    void collectRefusals(auth, 'publish', refused);
    auth.subscribe('rpc.auth.key.read.v1', {
      callback: (_, message) => ['one', 'two'].forEach((word) => message.respond(word)),
    });
    await auth.flush();

    const answer = await gateway.request('rpc.auth.key.read.v1', '', { timeout: 2_000 });
    await auth.flush();
    // What the server refuses is told to the listener a turn later than the flush ends.
    for (let left = 100; refused.size === 0 && left > 0; left--)
      await new Promise((resolve) => setTimeout(resolve, 20));

    expect(answer.string()).toBe('one');
    expect([...refused].every((subject) => subject.startsWith('_INBOX.gateway.'))).toBe(true);
    expect(refused.size).toBe(1);
  });

  it('lets an emitter make the stream and publish, and a consumer read, put aside and acknowledge', async () => {
    const [auth, messaging] = [await as('auth'), await as('messaging')];
    const [name = ''] = Object.keys(CONSUMERS.messaging);
    const streams = (await jetstreamManager(auth, { checkAPI: false })).streams;
    await streams.add({ name: STREAM, subjects: ['evt.>'] });
    await jetstream(auth).publish(userRemoved.subject, 'gone', { msgID: '1' });

    const manager = await jetstreamManager(messaging, { checkAPI: false });
    await manager.streams.info(STREAM);
    await manager.streams.add({ name: 'DEAD', subjects: ['dlq.>'] });
    await manager.consumers.add(STREAM, {
      durable_name: name,
      filter_subject: userRemoved.subject,
      ack_policy: 'explicit',
    });
    const message = await (await jetstream(messaging).consumers.get(STREAM, name)).next({ expires: 2_000 });
    await jetstream(messaging).publish(`dlq.${name}`, 'as an example');

    expect(message?.string()).toBe('gone');
    expect(await message?.ackAck()).toBe(true);
  });
});

async function collectRefusals(connection: NatsConnection, operation: string, refused: Set<string>): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type !== 'error' || !(status.error instanceof PermissionViolationError)) continue;
    if (status.error.operation === operation) refused.add(status.error.subject);
  }
}
