import { defineSignal } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { TcpProxy } from '@relais/testing';
import { z } from 'zod';
import { eventually, World } from '../test/world.js';
import { type BusConnection, Live, LivePublisher, NatsBus, TrustFeed, type TrustSink } from './index.js';

const decoder = new TextDecoder();

describe('live fan-out', () => {
  let world: World;
  let connection: BusConnection;
  let heard: string[];
  let live: Live;
  let publisher: LivePublisher;
  const subject = `live.${newId()}.user.${newId()}`;

  beforeAll(async () => {
    world = await World.open();
  });
  beforeEach(async () => {
    heard = [];
    connection = await world.connect('gateway');
    live = new Live(connection, (data) => void heard.push(decoder.decode(data)));
    publisher = new LivePublisher(await world.connect('messaging'));
  });
  afterEach(() => world.release());
  afterAll(() => world.close());

  /** Of this replica alone: what the server knows of it. */
  const subscriptions = () => connection.nats.getServer() && connection.nats.stats().inMsgs;

  it('arrives once per replica, however many want the subject, until the last has gone', async () => {
    const releases = [live.want(subject), live.want(subject), live.want(subject)];
    await live.settled();

    publisher.publish(subject, 'one');
    await eventually(() => heard.length === 1);
    releases[0]?.();
    releases[0]?.();
    releases[1]?.();
    publisher.publish(subject, 'two');
    await eventually(() => heard.length === 2);
    releases[2]?.();
    await live.settled();
    const before = subscriptions();
    publisher.publish(subject, 'three');
    const again = live.want(`${subject}.other`);
    await live.settled();
    publisher.publish(`${subject}.other`, 'four');
    await eventually(() => heard.length === 3);
    again();

    expect(heard).toEqual(['one', 'two', 'four']);
    expect(Number(subscriptions()) - Number(before)).toBe(1);
  });

  it('arrives when it was published after the interest had settled', async () => {
    for (let round = 0; round < 50; round++) {
      const release = live.want(`${subject}.${round}`);
      await live.settled();
      publisher.publish(`${subject}.${round}`, String(round));
      await eventually(() => heard.length === round + 1);
      release();
    }
  });

  it('survives a listener that throws', async () => {
    const fragile = new Live(connection, () => {
      throw new Error('bug');
    });
    fragile.want(subject);
    live.want(subject);
    await live.settled();

    publisher.publish(subject, 'one');
    publisher.publish(subject, 'two');

    await eventually(() => heard.length === 2);
    expect(connection.isUp()).toBe(true);
  });

  it('keeps its interests over an outage', async () => {
    const proxy = await TcpProxy.open(world.nats.url);
    world.onClose(() => proxy.close());
    const remote = await world.connect('gateway', { url: proxy.url });
    const far = new Live(remote, (data) => void heard.push(decoder.decode(data)));
    far.want(subject);
    await far.settled();

    await proxy.cut();
    await eventually(() => !remote.isUp());
    far.publish(subject, 'lost');
    await proxy.restore();
    await eventually(() => remote.isUp());
    await far.settled();
    publisher.publish(subject, 'after');

    await eventually(() => heard.length === 1);
    expect(heard).toEqual(['after']);
  });

  it('is silent on a connection that was closed', async () => {
    const release = live.want(subject);
    await connection.close();

    live.publish(subject, 'nobody');
    release();
  });
});

describe('signals', () => {
  let world: World;
  let connection: BusConnection;
  let bus: NatsBus;
  const contract = defineSignal({
    subject: `all.test.${newId()}.v1`,
    data: z.strictObject({ number: z.int() }),
  });

  beforeAll(async () => {
    world = await World.open();
    connection = await world.connect();
    bus = new NatsBus(connection);
  });
  afterAll(() => world.close());

  it('reach every listener, and no malformed one any', async () => {
    const heard: number[][] = [[], []];
    const other = new NatsBus(await world.connect());
    const stop = [bus, other].map((each, index) =>
      each.hear(contract, ({ number }) => void heard[index]?.push(number)),
    );
    await connection.nats.flush();

    for (const rubbish of [
      '',
      'rubbish',
      'null',
      '{"number":"1"}',
      '{"number":1,"more":2}',
      '{"__proto__":{"number":1}}',
    ])
      connection.nats.publish(contract.subject, rubbish);
    bus.signal(contract, { number: 7 });
    await eventually(() => heard.every((numbers) => numbers.length === 1));
    for (const each of stop) each();
    bus.signal(contract, { number: 8 });
    await connection.nats.flush();

    expect(heard).toEqual([[7], [7]]);
  });

  it('survive a listener that throws', async () => {
    const heard: number[] = [];
    bus.hear(contract, () => {
      throw new Error('bug');
    });
    bus.hear(contract, ({ number }) => void heard.push(number));

    bus.signal(contract, { number: 1 });
    bus.signal(contract, { number: 2 });

    await eventually(() => heard.length === 2);
    expect(connection.isUp()).toBe(true);
  });
});

describe('the trust feed', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());

  const key = { kty: 'OKP', crv: 'Ed25519', x: 'x', kid: '1', alg: 'EdDSA', use: 'sig' } as const;

  class Sink implements TrustSink {
    keys = 0;
    revoked: string[] = [];
    applyKeys = () => void this.keys++;
    applyRevocations = (all: readonly { subjectId: string }[]) =>
      void this.revoked.push(...all.map(({ subjectId }) => subjectId));
    hasKeys = () => this.keys > 0;
  }

  it('asks until it knows keys, hears signals, and asks again after an outage', async () => {
    const proxy = await TcpProxy.open(world.nats.url);
    world.onClose(() => proxy.close());
    const connection = await world.connect('messaging', { url: proxy.url });
    const auth = await world.connect('auth');
    const sink = new Sink();
    const feed = new TrustFeed(new NatsBus(connection), connection, sink, silentLog);
    await feed.start();
    expect(sink.keys).toBe(0);

    const answer = (subject: string, data: () => object) =>
      auth.nats.subscribe(subject, {
        callback: (_, message) => void message.respond(JSON.stringify({ ok: true, data: data() })),
      });
    let listed = 'listed-1';
    answer('rpc.auth.key.read.v1', () => ({ keys: [key] }));
    answer('rpc.auth.revocation.list.v1', () => ({ revocations: [{ subjectId: listed, epoch: 1 }] }));
    await eventually(() => sink.keys === 1);
    auth.nats.publish(
      'all.everyone.revoked.v1',
      JSON.stringify({ revocations: [{ subjectId: 'signalled', epoch: 2 }] }),
    );
    await eventually(() => sink.revoked.includes('signalled'));
    await proxy.cut();
    await eventually(() => !connection.isUp());
    listed = 'listed-2';
    await proxy.restore();

    await eventually(() => sink.revoked.includes('listed-2'));
    expect(sink.revoked).toEqual(['listed-1', 'signalled', 'listed-2']);
    feed.stop();
  });

  it('asks no more often the longer auth is away, and not at all once it is stopped', async () => {
    const connection = await world.connect('messaging');
    let asked = 0;
    const bus = new NatsBus(connection);
    const counting = Object.assign(Object.create(bus) as NatsBus, {
      request: () => {
        asked++;
        return Promise.reject(new Error('away'));
      },
    });
    const feed = new TrustFeed(counting, connection, new Sink(), silentLog);
    await feed.start();
    for (let reconnect = 0; reconnect < 10; reconnect++) await feed.refresh();
    asked = 0;

    await new Promise((resolve) => setTimeout(resolve, 1_300));
    const whileAway = asked;
    feed.stop();
    asked = 0;
    await new Promise((resolve) => setTimeout(resolve, 800));

    // Two requests each time, every half second.
    expect(whileAway).toBeLessThanOrEqual(4);
    expect(asked).toBe(0);
  });
});
