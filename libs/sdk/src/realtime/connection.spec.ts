import type { AccessTokens } from '../session/access-tokens.js';
import { fixedToken } from '../session/access-tokens.js';
import { DeviceKey } from '../session/device-key.js';
import { room, saying, twoGateways } from '../testing/connected.js';
import { eventually } from '../testing/eventually.js';

const { connect, first, second } = twoGateways();
const partsOf = (proof = ''): Record<string, unknown>[] =>
  proof.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);

describe('a connection', () => {
  it('says hello first and is online when the gateway is ready', async () => {
    const { connection, states } = connect();

    await connection.whenOnline();

    const [header, claims] = partsOf(first().framesOf('hello')[0]?.proof);
    expect(first().frames[0]).toEqual({ type: 'hello', token: 'a token', proof: expect.any(String) });
    expect(header).toMatchObject({ typ: 'dpop+jwt', alg: 'EdDSA' });
    expect(claims).toMatchObject({ htm: 'GET', htu: `${first().url}/v1/realtime` });
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'online']);
  });

  it('goes to the next gateway when told to come back, not before it was told', async () => {
    const { connection, states } = connect();
    await connection.whenOnline();

    first().close(4001, 'draining', 30);

    await eventually(() => second().sockets.size === 1);
    const offline = states.find(({ state }) => state === 'offline');
    expect(offline).toMatchObject({ end: { closeCode: 4001, code: 'draining' }, retryInMs: 40 });
    expect(connection.counters.reconnects).toBe(1);
  });

  it('waits as long as a gateway asks that does not even take the socket', async () => {
    first().refusesWith = { status: 503, retryAfter: '0.03' };

    const { connection, states } = connect();

    await connection.whenOnline();
    expect(states[1]).toMatchObject({ state: 'offline', retryInMs: 40, end: { code: 'unreachable' } });
  });

  it('asks again as soon as it was told, however often gateways leave it to others', async () => {
    for (const gateway of [first(), second()])
      gateway.refusesWith = { status: 503, retryAfter: '1', problem: { code: 'another_gateway', retryAfterMs: 120 } };

    const { connection, states } = connect();
    await eventually(() => connection.counters.reconnects > 5);
    second().refusesWith = undefined;
    await connection.whenOnline();

    const offline = states.filter(({ state }) => state === 'offline');
    for (const { retryInMs, end } of offline) expect([retryInMs, end?.code]).toEqual([120, 'another_gateway']);
  });

  it('stays away when the session was put out, and refuses what is pending and what comes', async () => {
    const { connection, states } = connect();
    await connection.whenOnline();
    first().script = (frame) => (frame.type === 'append' ? 'handled' : undefined);
    const pending = connection.append(room, saying('never answered'));
    await eventually(() => first().framesOf('append').length === 1);

    first().close(4504, 'revoked');

    await expect(pending).rejects.toMatchObject({ code: 'connection_closed', retryable: false });
    await expect(connection.append(room, saying('too late'))).rejects.toMatchObject({ code: 'connection_closed' });
    expect(states.at(-1)).toMatchObject({ state: 'closed', end: { code: 'revoked' } });
  });

  it('comes back with the token that took the place of one that was put out, however late it comes', async () => {
    const successor = Promise.withResolvers<string | null>();
    const asked: string[] = [];
    let current = 'old';
    const tokens: AccessTokens = {
      ...fixedToken('', DeviceKey.generate()),
      accessToken: () => Promise.resolve(current),
      successor: (token) => (asked.push(token), successor.promise),
    };
    const { connection, states } = connect({ tokens });
    await connection.whenOnline();
    first().script = (frame) => (frame.type === 'append' ? 'handled' : undefined);
    const pending = connection.append(room, saying('goes on'));
    await eventually(() => first().framesOf('append').length === 1);

    first().close(4504, 'revoked');
    await eventually(() => states.at(-1)?.state === 'offline');
    successor.resolve((current = 'new'));

    await expect(pending).resolves.toMatchObject({ seq: 1 });
    expect(second().framesOf('hello')[0]?.token).toBe('new');
    expect(asked).toEqual(['old']);
  });

  it('asks for what took the place of the token it showed last', async () => {
    let renew: (token: string) => void = () => undefined;
    const asked: string[] = [];
    const tokens: AccessTokens = {
      ...fixedToken('old', DeviceKey.generate()),
      onToken: (listener) => {
        renew = listener;
        return () => undefined;
      },
      successor: (token) => Promise.resolve((asked.push(token), null)),
    };
    const { connection, states } = connect({ tokens });
    await connection.whenOnline();
    renew('new');
    await eventually(() => first().framesOf('token').length === 1);
    await connection.append(room, saying('answered after the token'));

    first().close(4504, 'revoked');

    await eventually(() => states.at(-1)?.state === 'closed');
    expect(asked).toEqual(['new']);
  });

  it('brings a fresh token when the gateway found the last one expired', async () => {
    const asked: boolean[] = [];
    const tokens: AccessTokens = {
      ...fixedToken('', DeviceKey.generate()),
      accessToken: ({ fresh = false } = {}) => Promise.resolve(`token ${asked.push(fresh)}`),
    };
    const { connection } = connect({ tokens });
    await connection.whenOnline();

    first().close(4010, 'token_expired');

    await eventually(() => second().framesOf('hello').length === 1);
    expect(asked.filter(Boolean)).toEqual([true]);
    expect(second().framesOf('hello')[0]?.token).toBe(`token ${asked.indexOf(true) + 1}`);
  });

  it('hands a renewed token in without reconnecting', async () => {
    let renew: (token: string) => void = () => undefined;
    const tokens: AccessTokens = {
      ...fixedToken('old', DeviceKey.generate()),
      onToken: (listener) => {
        renew = listener;
        return () => undefined;
      },
    };
    const { connection } = connect({ tokens });
    await connection.whenOnline();

    renew('new');

    await eventually(() => first().framesOf('token').length === 1);
    expect(first().framesOf('token')[0]?.token).toBe('new');
    expect(connection.counters.reconnects).toBe(0);
  });

  it('says hello and shows a new token once more with the nonce that the gateway asks for', async () => {
    let renew: (token: string) => void = () => undefined;
    const tokens: AccessTokens = {
      ...fixedToken('old', DeviceKey.generate()),
      onToken: (listener) => {
        renew = listener;
        return () => undefined;
      },
    };
    const error = { code: 'use_dpop_nonce', kind: 'unauthenticated', retryable: false };
    const nonces = { hello: 'first', token: 'second' };
    first().script = (frame, socket) => {
      if (frame.type !== 'hello' && frame.type !== 'token') return undefined;
      const nonce = nonces[frame.type];
      if (partsOf(frame.proof)[1]?.['nonce'] === nonce) return undefined;
      socket.send(JSON.stringify({ type: 'nonce', nonce }));
      if (frame.type === 'token') socket.send(JSON.stringify({ type: 'refusal', n: frame.n, error }));
      return 'handled';
    };
    const { connection } = connect({ tokens });
    await connection.whenOnline();

    renew('new');

    await eventually(() => first().framesOf('token').length === 2);
    const noncesIn = (type: 'hello' | 'token') =>
      first()
        .framesOf(type)
        .map(({ proof }) => partsOf(proof)[1]?.['nonce']);
    expect([noncesIn('hello'), noncesIn('token')]).toEqual([
      [undefined, 'first'],
      ['first', 'second'],
    ]);
    expect(connection.counters.reconnects).toBe(0);
  });

  it('leaves a server that has gone silent', async () => {
    first().heartbeatMs = 50;

    const { states } = connect();

    await eventually(() => second().sockets.size === 1);
    expect(states.find(({ state }) => state === 'offline')?.end).toMatchObject({ code: 'server_silent' });
  });

  it('answers heartbeats and ignores what it does not know', async () => {
    const { connection } = connect();
    await connection.whenOnline();

    for (const socket of first().sockets) {
      socket.send('not json');
      socket.send(JSON.stringify({ type: 'from_the_future' }));
      socket.send(Buffer.from([1, 2, 3]));
    }
    first().say({ type: 'heartbeat', heads: [] });

    await eventually(() => first().framesOf('alive').length === 1);
    expect(connection.state).toBe('online');
  });
});

describe('marks', () => {
  it('go out together, each with the highest value only', async () => {
    const { connection } = connect();
    await connection.whenOnline();

    connection.markRead(room, 2);
    connection.markRead(room, 5);
    connection.markRead(room, 4);

    await eventually(() => first().framesOf('mark').length === 1);
    expect(first().framesOf('mark')[0]?.marks).toEqual([{ conversationId: room, delivered: 5, read: 5 }]);
  });

  it('that a lost socket may have swallowed are sent again', async () => {
    const { connection } = connect();
    await connection.whenOnline();
    connection.markRead(room, 3);
    await eventually(() => first().framesOf('mark').length === 1);

    first().cut();

    await eventually(() => second().framesOf('mark').length === 1);
    expect(second().framesOf('mark')[0]?.marks).toEqual([{ conversationId: room, delivered: 3, read: 3 }]);
  });

  it('are sent before leaving', async () => {
    const { connection } = connect({ markIntervalMs: 60_000 });
    await connection.whenOnline();
    connection.markRead(room, 1);

    await connection.close();

    await eventually(() => first().framesOf('mark').length === 1);
    expect(connection.state).toBe('closed');
  });
});
