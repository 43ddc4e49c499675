import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { CLOSE_CODES, gatewayAnnounced, shouldReconnect } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { WebSocket } from 'ws';
import { Client } from './client.js';
import { PARALLEL_HELLOS } from '../src/realtime/joining.js';
import { helloOf, type Someone, someone } from './issuer.js';
import { startWorld, type World } from './world.js';

const message = (text: string) => ({ id: newId(), kind: 'message', body: { text } });

/** What is said instead of opening a socket. */
async function refusalOf(port: number) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/realtime`, 'relais.v1').on('error', () => undefined);
  const [request, response] = (await once(socket, 'unexpected-response')) as [ClientRequest, IncomingMessage];
  const { code, retryAfterMs } = JSON.parse(await text(response)) as { code: string; retryAfterMs: number };
  request.destroy();
  return { status: response.statusCode, retryAfter: Number(response.headers['retry-after']), code, retryAfterMs };
}

/** Whether a socket is opened. */
const takes = (port: number): Promise<boolean> =>
  Client.open(port).then(
    (client) => client.close().then(() => true),
    () => false,
  );

describe('a gateway over time', () => {
  let world: World;

  afterEach(() => world.close());

  it.each(['organizationId', 'userId', 'deviceId', 'sessionId'] as const)(
    'closes the sockets of a revoked %s at once, and lets it in no more (P-13, A-39)',
    async (name) => {
      world = await startWorld();
      const alice = someone();
      const bystander = someone();
      const [first, second, other] = [await world.join(alice), await world.join(alice), await world.join(bystander)];

      world.revoke({ subjectId: alice[name], epoch: 1 });

      for (const client of [first, second])
        expect(await client.closed).toMatchObject({ code: CLOSE_CODES.revoked.code, reason: { code: 'revoked' } });
      await expect(world.join(alice)).rejects.toThrow('revoked');
      expect(other.closing).toBeUndefined();
    },
  );

  it('lets nobody in who was put out while their hello stood in line (P-13)', async () => {
    world = await startWorld();
    const alice = someone();
    const first = await world.join(alice);
    const [held, asked] = [Promise.withResolvers<void>(), world.logs.headsAsked];
    world.logs.headsHeld = held.promise;
    const hello = async (person: Someone): Promise<Client> => {
      const client = await world.open();
      client.send(helloOf(person, world.port, await world.tokenFor(person)));
      return client;
    };
    await Promise.all(Array.from({ length: PARALLEL_HELLOS }, () => hello(someone())));
    while (world.logs.headsAsked < asked + PARALLEL_HELLOS) await pause(5);
    const waiting = await hello(alice);
    const stranger = await world.open();
    stranger.send(helloOf(someone(), world.port, 'a.b.c'));
    await stranger.closed;

    world.revoke({ subjectId: alice.userId, epoch: 1 });
    await first.closed;
    held.resolve();

    expect(await waiting.closed).toMatchObject({ code: CLOSE_CODES.revoked.code });
    expect(waiting.frames).toEqual([]);
  });

  it('finds out about a revocation whose signal was lost', async () => {
    world = await startWorld();
    const alice = someone();
    const client = await world.join(alice);
    world.trusted.revocations.push({ subjectId: alice.userId, epoch: 1 });

    world.proxy.breakConnections();

    expect((await client.closed).code).toBe(CLOSE_CODES.revoked.code);
  });

  it('closes a socket whose token ran out, soon after', async () => {
    world = await startWorld();
    const iat = Math.floor(Date.now() / 1_000) - 298;
    const client = await world.open();
    const alice = someone();
    const token = await world.trusted.issuer.tokenFor(alice, { iat, exp: iat + 300 });

    client.send(helloOf(alice, world.port, token));
    await client.until(({ type }) => type === 'ready');

    expect((await client.closed).code).toBe(CLOSE_CODES.token_expired.code);
  }, 15_000);

  it('notices a client that has vanished without a word (F-23)', async () => {
    world = await startWorld({ HEARTBEAT_MS: '1500' });
    const client = await world.join(someone());
    const alive = await world.join(someone());
    client.answersHeartbeats = false;

    expect((await client.closed).code).toBe(CLOSE_CODES.heartbeat_missed.code);
    expect(alive.closing).toBeUndefined();
  });

  it('refuses new sockets above its rate and capacity, and says when to come back', async () => {
    world = await startWorld({ MAX_CONNECTIONS: '2' });
    await world.join(someone());
    await world.join(someone());

    const { status, retryAfter } = await refusalOf(world.port);

    expect(status).toBe(503);
    expect(retryAfter).toBeGreaterThanOrEqual(5);
  });

  it('leaves who was sent away to the gateways of the rollout that comes, and takes everybody when they are gone', async () => {
    world = await startWorld({ ROLLOUT: 'before', DRAIN_DELAY_MS: '500' });
    const there = new Set<string>();
    world.bus.hear(gatewayAnnounced, ({ replica }) => there.add(replica));
    const beside = (rollout: string) => startWorld({ ...world.beside, ROLLOUT: rollout, REPLICA: `${rollout}-2` });
    const [next, comes] = await Promise.all([beside('before'), beside('after')]);
    try {
      while (there.size < 3) await pause(20);
      const isTakenBefore = await takes(next.port);

      const gone = world.lifecycle.close();
      while (await takes(next.port)) await pause(5);
      const refusal = await refusalOf(next.port);
      const isTakenMeanwhile = await takes(comes.port);
      await gone;
      const isTakenAfterwards = await takes(next.port);
      await comes.lifecycle.close();

      expect([isTakenBefore, isTakenMeanwhile, isTakenAfterwards]).toEqual([true, true, false]);
      expect(refusal).toMatchObject({ status: 503, retryAfter: 1, code: 'another_gateway' });
      expect(refusal.retryAfterMs).toBeLessThanOrEqual(1_000);
      expect(await takes(next.port)).toBe(true);
    } finally {
      await Promise.all([next.close(), comes.close()]);
    }
  }, 20_000);

  it('answers what is at work, sends every client elsewhere, and ends (R-N6)', async () => {
    world = await startWorld({ DRAIN_MS: '300' });
    const alice = someone();
    const group = world.logs.create(alice.organizationId, [alice.userId]);
    world.logs.appendDelayMs = 400;
    const busy = await world.join(alice);
    const others = await Promise.all(Array.from({ length: 20 }, () => world.join(someone())));

    const answer = busy.ask({ type: 'append', conversationId: group, entry: message('last words') });
    await pause(50);
    const drained = world.lifecycle.close();
    await pause(20);
    const ready = await fetch(`http://127.0.0.1:${world.internalPort}/readyz`);
    const late = Client.open(world.port);

    expect(ready.status).toBe(503);
    await expect(Promise.race([late, pause(500).then(() => Promise.reject(new Error('refused')))])).rejects.toThrow();
    expect(await answer).toMatchObject({ ok: true, data: { seq: 2 } });
    const closings = await Promise.all([busy, ...others].map(({ closed }) => closed));
    expect(new Set(closings.map(({ code }) => code))).toEqual(new Set([CLOSE_CODES.draining.code]));
    expect(new Set(closings.map(({ reason }) => reason.retryAfterMs)).size).toBeGreaterThan(5);
    await drained;
  }, 15_000);

  it('hangs up on who never sends the rest of a request, rather than wait for them at the end', async () => {
    world = await startWorld({ DRAIN_MS: '0' });
    const stuck = connect(world.port, '127.0.0.1').resume();
    await once(stuck, 'connect');
    stuck.write('POST /v1/logins HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{');
    // An answer over another connection: by then the gateway has read what came before it.
    await fetch(`http://127.0.0.1:${world.port}/v1/users`);
    // With an error or without one: both are hanging up.
    const hungUp = new Promise((resolve) => stuck.on('error', () => undefined).once('close', resolve));

    await world.lifecycle.close();

    await hungUp;
  }, 10_000);

  it('keeps its sockets through a short outage of the bus, and finds what was missed', async () => {
    world = await startWorld();
    const alice = someone();
    const bob = someone({ organizationId: alice.organizationId });
    const group = world.logs.create(alice.organizationId, [alice.userId, bob.userId]);
    const client = await world.join(bob);

    await world.proxy.cut();
    await pause(300);
    const refused = await client.ask({ type: 'append', conversationId: group, entry: message('now?') });
    const unready = await fetch(`http://127.0.0.1:${world.internalPort}/readyz`);
    world.logs.say(group, alice.userId, 'two');
    world.logs.say(group, alice.userId, 'three');
    const found = world.logs.create(alice.organizationId, [alice.userId, bob.userId]);
    await world.proxy.restore();
    await client.heard(3, group);

    expect(refused).toMatchObject({ type: 'refusal', error: { code: 'bus_disconnected', retryable: true } });
    expect(unready.status).toBe(503);
    expect(client.seqs(group)).toEqual([2, 3]);
    const news = await client.until((frame) => frame.type === 'heartbeat' && frame.heads.some(([id]) => id === found));
    expect(news).toMatchObject({ heads: [[found, 1]] });
    world.logs.say(found, alice.userId, 'found');
    await client.heard(2, found);
  }, 20_000);

  it('finds a lost last entry by its digest, without any later one', async () => {
    world = await startWorld({ DIGEST_MS: '200' });
    const alice = someone();
    const group = world.logs.create(alice.organizationId, [alice.userId]);
    const client = await world.join(alice);

    world.logs.say(group, alice.userId, 'two', 'lost');

    await client.heard(2, group);
  });

  it('closes only with codes that say whether to come back', async () => {
    world = await startWorld();
    const client = await world.open();
    client.send('nonsense');

    const { code, reason } = await client.closed;

    expect(Object.values(CLOSE_CODES).map((each) => each.code)).toContain(code);
    expect([shouldReconnect(code), reason]).toEqual([false, { code: 'invalid_frame' }]);
  });
});
