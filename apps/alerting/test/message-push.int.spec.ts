import { type BusConnection, connectNats, EventConsumer, EventStream, Surveys } from '@relais/bus';
import { type EntriesAppended, entriesAppended, findOnlineDevices, type ListListeners } from '@relais/contracts';
import { AppError, type ConversationId, type DeviceId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { testNats, WebPushServer } from '@relais/testing';
import { MemoryDestinations } from '../src/destinations/destinations.memory.js';
import { MessagePush } from '../src/message-push/message-push.js';
import { PendingEntries } from '../src/message-push/pending-entries.js';
import { ProviderClient } from '../src/senders/provider-client.js';
import type { PushAddress } from '../src/senders/senders.js';
import { vapidOf, WebPushSender } from '../src/senders/web-push.js';

const vapid = vapidOf('rTpPVlkkYgXOdJEvnvAJv4mb7_b5Zjqf0Qm4oK5gXtU', 'mailto:a@b.example');

describe('a message to devices without a socket', () => {
  const organizationId = newId<OrganizationId>();
  const alice = newId<UserId>();
  const closers: (() => unknown)[] = [];
  let stream: EventStream;
  let pushes: WebPushServer;
  let destinations: MemoryDestinations;
  let listeners: Map<ConversationId, { userId: UserId; seq: number }[]>;
  let isMessagingAway: boolean;
  let asked: ListListeners[];

  const connect = async (service: string): Promise<BusConnection> => {
    const nats = testNats();
    const replica = newId().slice(0, 8);
    const connection = await connectNats({ url: nats.url, service, replica, nkeySeed: nats.seed, log: silentLog });
    closers.push(() => connection.close());
    return connection;
  };
  /** A gateway that holds these devices. */
  const gateway = async (...deviceIds: DeviceId[]) => {
    const connection = await connect('gateway');
    new Surveys(connection).answer(findOnlineDevices, () => (deviceIds.length > 0 ? { deviceIds } : null));
    await connection.nats.flush();
  };
  const device = (userId: UserId): DeviceId => {
    const deviceId = newId<DeviceId>();
    destinations.add(organizationId, {
      ...{ id: newId(), userId, deviceId, locale: 'en' },
      address: { kind: 'web_push', ...pushes.subscribe() },
    });
    return deviceId;
  };
  const bus = {
    request: (_: unknown, input: ListListeners) => {
      asked.push(input);
      if (isMessagingAway) return Promise.reject(new AppError('unavailable', 'bus_no_responders'));
      const conversations = input.conversations.map(({ conversationId }) => {
        return { conversationId, listeners: listeners.get(conversationId) ?? [], more: false };
      });
      return Promise.resolve({ conversations });
    },
  };
  const say = (conversationId: ConversationId, seq: number) => {
    const id = newId<never>();
    const entry = {
      conversationId,
      seq,
      id: newId<never>(),
      kind: 'message',
      senderId: alice,
      notify: [],
      notifyAll: true,
    };
    const event: EntriesAppended = { id, organizationId, entries: [entry] };
    return stream.publish(entriesAppended.subject, id, JSON.stringify(event));
  };
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const pushed = () => pushes.received.map(({ text }) => JSON.parse(text) as Record<string, string>);
  const aWhile = () => new Promise((resolve) => setTimeout(resolve, 700));

  beforeEach(async () => {
    [asked, isMessagingAway, listeners, destinations] = [[], false, new Map(), new MemoryDestinations()];
    pushes = await WebPushServer.start(vapid.publicKey);
    const connection = await connect('alerting');
    stream = new EventStream(connection, silentLog, { replicas: 1, retentionHours: 1 });
    const client = ProviderClient.forUsers({ timeoutMs: 1_000, privateHosts: ['127.0.0.1'] });
    const sender = new WebPushSender(client, vapid);
    const push = new MessagePush({
      ...{ bus: bus as never, surveys: new Surveys(connection), destinations },
      senders: { wake: (address: PushAddress, wake) => sender.send(address as never, wake) },
      pending: new PendingEntries({ delayMs: 100, pauseMs: 0 }),
    });
    const consumer = new EventConsumer(stream, {
      ...{
        name: `alerting-push-${newId()}`,
        contract: entriesAppended,
        handle: (event: EntriesAppended) => push.take(event),
      },
      ...{ concurrency: 100, log: silentLog },
    });
    await stream.ensure();
    push.start();
    consumer.start();
    closers.push(
      () => pushes.stop(),
      () => client.close(),
      () => push.stop(),
      () => consumer.stop(),
    );
  }, 30_000);
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  }, 30_000);

  it('wakes them with ids, and leaves those with a socket on any gateway alone', async () => {
    const [bob, carol] = [newId<UserId>(), newId<UserId>()];
    const conversationId = newId<ConversationId>();
    const [laptop] = [device(bob), device(bob), device(carol)];
    await gateway(laptop);
    await gateway();
    listeners.set(conversationId, [
      { userId: bob, seq: 7 },
      { userId: carol, seq: 7 },
    ]);

    await say(conversationId, 7);
    await until(() => pushes.received.length === 2);
    await aWhile();

    expect(pushed()).toEqual(
      Array.from({ length: 2 }, () => ({ type: 'entry', organizationId, conversationId, seq: '7', kind: 'message' })),
    );
    const [question] = asked.flatMap((one) =>
      one.conversations.filter((each) => each.conversationId === conversationId),
    );
    expect(question?.entries[0]).toMatchObject({ senderId: alice, seq: 7 });
  });

  it('wakes once for much that is said at once, and nobody who has it', async () => {
    const [bob, conversationId, read] = [newId<UserId>(), newId<ConversationId>(), newId<ConversationId>()];
    device(bob);
    listeners.set(conversationId, [{ userId: bob, seq: 3 }]);

    await Promise.all([say(conversationId, 1), say(conversationId, 2), say(conversationId, 3), say(read, 1)]);
    await until(() => pushes.received.length > 0);
    await aWhile();

    expect(pushed().map(({ seq }) => seq)).toEqual(['3']);
  });

  it('comes again when messaging was away, and forgets what is gone', async () => {
    const [bob, conversationId] = [newId<UserId>(), newId<ConversationId>()];
    device(bob);
    listeners.set(conversationId, [{ userId: bob, seq: 1 }]);
    isMessagingAway = true;
    pushes.turn = () => (_, response) => void response.writeHead(410).end();

    await say(conversationId, 1);
    await until(() => asked.length > 1);
    isMessagingAway = false;
    while ((await destinations.of(organizationId, [bob], 'push')).size > 0) await aWhile();

    expect(pushes.received).toEqual([]);
  });
});
