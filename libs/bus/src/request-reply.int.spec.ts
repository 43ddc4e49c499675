import { Controller } from '@nestjs/common';
import { headers } from '@nats-io/transport-node';
import { defineRequest } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import { type LogFields, silentLog } from '@relais/observability';
import { TcpProxy } from '@relais/testing';
import { z } from 'zod';
import { alice, eventually, pause, World } from '../test/world.js';
import { type BusConnection, NatsBus, type RequestContext, Serves } from './index.js';
import { HEADER } from './wire.js';

const open = (verb: string) => `rpc.desk.number.${verb}.v1`;
const double = defineRequest({
  subject: open('double'),
  access: 'public',
  input: z.strictObject({ number: z.int(), options: z.strictObject({ loud: z.boolean() }).optional() }),
  output: z.object({ number: z.int() }),
  errors: { too_big: 'conflict', busy_desk: 'unavailable' },
});
const wait = defineRequest({
  subject: open('wait'),
  access: 'public',
  input: z.strictObject({ ms: z.int() }),
  output: z.object({ by: z.string() }),
  errors: {},
});
const whoAmI = defineRequest({
  subject: open('who'),
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ userId: z.string() }),
  errors: {},
});
const nobodyServes = defineRequest({
  subject: open('nobody'),
  access: 'public',
  input: z.strictObject({}),
  output: z.object({}),
  errors: {},
});

/** Numbers that make the desk fail, each in its own way. */
const FAILURES: Readonly<Record<number, () => unknown>> = {
  400: () => {
    throw double.fail('too_big', 'at most 100', { retryAfterMs: 1_234 });
  },
  401: () => {
    throw new AppError('conflict', 'not_declared_here');
  },
  402: () => {
    throw new Error('secret of the implementation');
  },
  403: () => {
    throw new AppError('conflict', 'constructor');
  },
  404: () => Promise.reject('a string'),
};

/** The desk answers this one with more than NATS lets pass. */
const TOO_LARGE = 600;

let abandoned: boolean[] = [];
let replicas = 0;

@Controller()
class DeskController {
  private readonly name = `desk-${++replicas}`;

  @Serves(double)
  async double({ number }: z.output<typeof double.input>, context: RequestContext) {
    await FAILURES[number]?.();
    if (number === 500) return { number: context.principal.epoch };
    if (number === TOO_LARGE) return { number, padding: 'x'.repeat(2 ** 21) };
    return { number: number * 2 };
  }

  @Serves(wait)
  async wait({ ms }: z.output<typeof wait.input>, context: RequestContext) {
    await pause(ms);
    abandoned.push(context.isAbandoned());
    return { by: this.name };
  }

  @Serves(whoAmI)
  async who(_: object, { principal }: RequestContext) {
    return { userId: principal.userId };
  }
}

describe('asking over the bus', () => {
  let world: World;
  let asker: BusConnection;
  let desk: BusConnection;
  let bus: NatsBus;
  let lines: LogFields[];

  beforeAll(async () => {
    world = await World.open();
  });
  beforeEach(async () => {
    [lines, abandoned] = [[], []];
    asker = await world.connect('asker');
    desk = await world.connect('desk');
    await world.serve(desk, DeskController, { ...silentLog, error: (line) => void lines.push(line) });
    bus = new NatsBus(asker);
  });
  afterEach(() => world.release());
  afterAll(() => world.close());

  const doubled = (number: number) => bus.request(double, { number });

  it('gives the answer, parsed', async () => {
    await expect(doubled(21)).resolves.toEqual({ number: 42 });
  });

  it('raises a declared error as the service raised it, with what it says to the caller', async () => {
    await expect(doubled(400)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'too_big',
      says: 'at most 100',
      message: 'at most 100',
      retryAfterMs: 1_234,
    });
    expect(lines).toEqual([]);
  });

  it.each([401, 402, 403, 404])('raises what the contract does not declare as a bug without detail (%i)', async (n) => {
    const error: unknown = await doubled(n).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ kind: 'internal', code: 'internal_error', message: 'internal_error' });
    expect(lines).toMatchObject([{ event: 'bus.handler_failed', subject: double.subject }]);
  });

  it('has no principal where the contract asks for none: reading it is a bug', async () => {
    await expect(doubled(500)).rejects.toMatchObject({ code: 'internal_error' });
  });

  it('hands the token to the verifier, and refuses a request without one or with a wrong one', async () => {
    await expect(bus.request(whoAmI, {}, { token: alice.token })).resolves.toEqual({ userId: alice.userId });
    await expect(bus.request(whoAmI, {})).rejects.toMatchObject({ kind: 'unauthenticated', code: 'token_missing' });
    await expect(bus.request(whoAmI, {}, { token: 'forged' })).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('times out when no answer comes, and tells the service that nobody waits any more', async () => {
    await expect(bus.request(wait, { ms: 400 }, { timeoutMs: 150 })).rejects.toMatchObject({
      kind: 'timeout',
      code: 'bus_timeout',
    });
    await eventually(() => abandoned.length === 1);
    expect(abandoned).toEqual([true]);
  });

  it('does not wait where nobody serves', async () => {
    await expect(bus.request(nobodyServes, {}, { timeoutMs: 60_000 })).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'bus_no_responders',
    });
  });

  it('refuses what is larger than NATS takes, and does not call that an outage', async () => {
    const large = { number: 1, padding: 'x'.repeat(1_100_000) };

    await expect(bus.request(double, large as never)).rejects.toMatchObject({ kind: 'too_large' });
    await expect(doubled(1)).resolves.toEqual({ number: 2 });
  });

  it('says that an answer was larger than NATS takes, and loses none of the answers beside it', async () => {
    const asked = [TOO_LARGE, 1, 2, TOO_LARGE, 3].map(doubled);

    const answers = await Promise.allSettled(asked);

    const said = answers.map((one) => (one.status === 'fulfilled' ? one.value.number : (one.reason as AppError).code));
    expect(said).toEqual(['internal_error', 2, 4, 'internal_error', 6]);
  });

  it('treats an answer that does not fit the contract as a bug of the other side', async () => {
    for (const answer of [
      '',
      'not json',
      'null',
      '{"ok":true,"data":{"number":"1"}}',
      '{"ok":false,"kind":"__proto__"}',
    ]) {
      const subject = `rpc.liar.number.lie${answer.length}.v1`;
      desk.nats.subscribe(subject, { callback: (_, message) => void message.respond(answer) });
      await desk.nats.flush();

      await expect(bus.request({ ...double, subject }, { number: 1 })).rejects.toMatchObject({
        kind: 'internal',
        code: 'internal_error',
      });
    }
  });

  it.each([
    ['nothing', ''],
    ['bytes that are not UTF-8', new Uint8Array([0xff, 0xfe, 0x00, 0x80])],
    ['no JSON', '{"number":'],
    ['another type', '[1,2,3]'],
    ['null', 'null'],
    ['a wrong type inside', '{"number":"1"}'],
    ['an unknown key', '{"number":1,"admin":true}'],
    ['a polluted prototype', '{"number":1,"__proto__":{"admin":true}}'],
    ['a polluted prototype inside', '{"number":1,"options":{"loud":true,"__proto__":{"admin":true}}}'],
    ['a polluted constructor', '{"number":1,"constructor":{"prototype":{"admin":true}}}'],
    ['almost 1 MB', JSON.stringify({ number: 1, padding: 'x'.repeat(1_000_000) })],
    ['very deep nesting', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
  ])('answers a request of %s with an error, and goes on', async (_, payload) => {
    const reply = await asker.nats.request(double.subject, payload, { timeout: 2_000 });

    expect(reply.json()).toEqual({ ok: false, kind: 'invalid', code: 'invalid_request', says: expect.any(String) });
    expect(reply.data.byteLength).toBeLessThan(1_000);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    await expect(doubled(2)).resolves.toEqual({ number: 4 });
  });

  it('takes odd headers for what they are worth', async () => {
    for (const value of ['', 'NaN', '-1', '1e999', '__proto__']) {
      const odd = headers();
      odd.set(HEADER.timeoutMs, value);
      odd.set(HEADER.token, value);
      const reply = await asker.nats.request(double.subject, '{"number":3}', { timeout: 2_000, headers: odd });

      expect(reply.json()).toEqual({ ok: true, data: { number: 6 } });
    }
  });

  it('needs no reply address: the work is done and the server goes on', async () => {
    asker.nats.publish(double.subject, '{"number":1}');
    asker.nats.publish(double.subject, 'rubbish');

    await expect(doubled(2)).resolves.toEqual({ number: 4 });
  });

  it('refuses at once what is more than a replica takes, and finishes the rest', async () => {
    const all = await Promise.allSettled(
      Array.from({ length: 2_300 }, () => bus.request(wait, { ms: 1_000 }, { timeoutMs: 8_000 })),
    );

    const refused = all.filter((result) => result.status === 'rejected');
    expect(all.length - refused.length).toBeGreaterThanOrEqual(2_000);
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'overloaded', retryAfterMs: 500 });
  }, 15_000);

  it('goes on without an error while one of two replicas drains', async () => {
    const second = await world.connect('desk');
    const server = await world.serve(second, DeskController);
    const answers: string[] = [];
    let isLoading = true;
    const load = Array.from({ length: 20 }, async () => {
      while (isLoading) answers.push((await bus.request(wait, { ms: 5 })).by);
    });
    await eventually(() => new Set(answers).size === 2);

    await server.drain();
    const before = answers.length;
    await pause(300);
    isLoading = false;
    await Promise.all(load);

    // What was at work when the drain ended was asked of the other one.
    expect(new Set(answers.slice(before + 20)).size).toBe(1);
    expect(server.subjects.length).toBeGreaterThan(0);
  });

  it('finishes what is at work when it drains', async () => {
    const server = await world.serve(await world.connect('lone'), DeskController);
    const inFlight = bus.request(wait, { ms: 300 });
    await pause(50);

    await server.drain();

    await expect(inFlight).resolves.toMatchObject({ by: expect.stringMatching(/^desk-/) });
  });

  describe('when NATS goes away', () => {
    it('says so at once, and answers again when it is back', async () => {
      const proxy = await TcpProxy.open(world.nats.url);
      world.onClose(() => proxy.close());
      const connection = await world.connect('asker', { url: proxy.url });
      const remote = new NatsBus(connection);
      let reconnects = 0;
      connection.onReconnect(() => reconnects++);
      await remote.request(double, { number: 1 });

      await proxy.cut();
      await eventually(() => !connection.isUp());
      const error: unknown = await remote
        .request(double, { number: 1 }, { timeoutMs: 60_000 })
        .catch((thrown: unknown) => thrown);
      await proxy.restore();
      await eventually(() => connection.isUp());

      expect(error).toMatchObject({ kind: 'unavailable', code: 'bus_disconnected' });
      await expect(remote.request(double, { number: 2 })).resolves.toEqual({ number: 4 });
      expect(reconnects).toBe(1);
      expect(connection.downSinceMs()).toBeUndefined();
    });

    it('goes on trying while the server refuses its key', async () => {
      const stranger = await World.open();
      world.onClose(() => stranger.close());
      const proxy = await TcpProxy.open(world.nats.url);
      world.onClose(() => proxy.close());
      const refusals: LogFields[] = [];
      const connection = await world.connect(
        'asker',
        { url: proxy.url },
        { ...silentLog, error: (line) => void refusals.push(line) },
      );

      proxy.leadTo(stranger.nats.url);
      proxy.breakConnections();
      await eventually(() => refusals.length >= 3);
      proxy.leadTo(world.nats.url);

      await eventually(() => connection.isUp());
      await expect(new NatsBus(connection).request(double, { number: 1 })).resolves.toEqual({ number: 2 });
    }, 20_000);

    it('serves again after the server was killed and started anew', async () => {
      await world.nats.restart();

      await eventually(() => asker.isUp() && desk.isUp());
      await eventually(() =>
        doubled(3).then(
          ({ number }) => number === 6,
          () => false,
        ),
      );
    }, 15_000);

    it('drains and closes promptly all the same', async () => {
      const proxy = await TcpProxy.open(world.nats.url);
      const connection = await world.connect('desk', { url: proxy.url });
      const server = await world.serve(connection, DeskController);
      await proxy.close();
      await eventually(() => !connection.isUp());

      await server.drain();
      await connection.close();

      expect(connection.nats.isClosed()).toBe(true);
    });
  });
});

describe('the readiness of a service on the bus', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());

  it('is given when its subscriptions stand, and not while NATS is away', async () => {
    const proxy = await TcpProxy.open(world.nats.url);
    world.onClose(() => proxy.close());
    const connection = await world.connect('desk', { url: proxy.url });
    const { readiness } = await world.serve(connection, DeskController);
    await expect(readiness.check()).resolves.toBeUndefined();

    await proxy.cut();
    await eventually(() => !connection.isUp());
    await expect(readiness.check()).rejects.toThrow('not connected');

    await proxy.restore();
    await eventually(() => connection.isUp());
    await expect(readiness.check()).resolves.toBeUndefined();
  });

  it('is refused when the server does not let it subscribe, naming the subject', async () => {
    const connection = await world.connect('auth', { seed: world.nats.seedOf('auth') });
    const { readiness } = await world.serve(connection, DeskController);

    await expect(readiness.check()).rejects.toThrow(`not allowed to subscribe to ${double.subject}`);
  });

  it('is told at once, not after the time for an answer, what it may not ask', async () => {
    const connection = await world.connect('auth', { seed: world.nats.seedOf('auth') });

    const asked = new NatsBus(connection).request(double, { number: 1 }, { token: 'x', timeoutMs: 20_000 });

    await expect(asked).rejects.toMatchObject({ code: 'bus_disconnected' });
  });
});
