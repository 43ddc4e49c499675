import type { Entry } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import type { AccessTokens } from '../session/access-tokens.js';
import { fixedToken } from '../session/access-tokens.js';
import { eventually } from '../testing/eventually.js';
import { ScriptedGateway } from '../testing/scripted-gateway.js';
import type { ConnectionOptions, StateChange } from './connection-options.js';
import { RelaisConnection } from './connection.js';

const room = newId<ConversationId>();
const saying = (text: string, id = newId<EntryId>()) => ({ id, kind: 'message' as const, body: { text } });
const seqs = (entries: Entry[]): number[] => entries.map(({ seq }) => seq);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

let gateways: ScriptedGateway[];
let connections: RelaisConnection[];

beforeEach(async () => {
  gateways = await ScriptedGateway.start(2);
  connections = [];
});

afterEach(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  expect(gateways.flatMap(({ broken }) => broken)).toEqual([]);
});

function connect(options: Partial<ConnectionOptions> = {}) {
  const connection = new RelaisConnection({
    gateways: gateways.map(({ url }) => url),
    tokens: fixedToken('a token'),
    backoff: { baseMs: 20, capMs: 50, random: () => 0.5 },
    gapWaitMs: 10,
    markIntervalMs: 20,
    ...options,
  });
  connections.push(connection);
  const entries: Entry[] = [];
  const states: StateChange[] = [];
  connection.on('entry', (entry) => entries.push(entry));
  connection.on('state', (change) => states.push(change));
  connection.connect();
  return { connection, entries, states };
}

const [first, second] = [() => gateways[0] as ScriptedGateway, () => gateways[1] as ScriptedGateway];

describe('a connection', () => {
  it('says hello first and is online when the gateway is ready', async () => {
    const { connection, states } = connect();

    await connection.whenOnline();

    expect(first().frames[0]).toEqual({ type: 'hello', token: 'a token' });
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

  it('brings a fresh token when the gateway found the last one expired', async () => {
    const asked: boolean[] = [];
    const tokens: AccessTokens = {
      accessToken: ({ fresh = false } = {}) => Promise.resolve(`token ${asked.push(fresh)}`),
      onToken: () => () => undefined,
    };
    const { connection } = connect({ tokens });
    await connection.whenOnline();

    first().close(4010, 'token_expired');

    await eventually(() => second().framesOf('hello').length === 1);
    expect(asked).toEqual([false, true]);
    expect(second().framesOf('hello')[0]?.token).toBe('token 2');
  });

  it('hands a renewed token in without reconnecting', async () => {
    let renew: (token: string) => void = () => undefined;
    const tokens: AccessTokens = {
      ...fixedToken('old'),
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

describe('appending', () => {
  it('is acknowledged with a receipt, and the own entry arrives like any other', async () => {
    const { connection, entries } = connect();

    const receipt = await connection.append(room, { kind: 'message', body: { text: 'hello' } });

    expect(receipt).toMatchObject({ conversationId: room, seq: 1, replayed: false });
    await eventually(() => entries.length === 1);
    expect(entries[0]).toMatchObject({ id: receipt.id, seq: 1, body: { text: 'hello' } });
  });

  it('sends the same id over the next gateway when the acknowledgement was lost', async () => {
    const { connection, entries } = connect();
    await connection.whenOnline();
    first().script = (frame, socket) => {
      if (frame.type !== 'append') return undefined;
      first().journal.append(frame.conversationId, frame.entry);
      socket.terminate();
      return 'handled';
    };

    const receipt = await connection.append(room, saying('once'));

    expect(receipt).toMatchObject({ seq: 1, replayed: true });
    expect(second().framesOf('append')[0]?.entry.id).toBe(receipt.id);
    await eventually(() => entries.length === 1);
    expect(first().journal.entries).toHaveLength(1);
  });

  it('sends the same id again over the same socket when no answer comes in time', async () => {
    const { connection } = connect({ requestTimeoutMs: 20 });
    await connection.whenOnline();
    let appends = 0;
    first().script = (frame) => (frame.type === 'append' && ++appends === 1 ? 'handled' : undefined);

    await connection.append(room, saying('patience'));

    expect(
      new Set(
        first()
          .framesOf('append')
          .map(({ entry }) => entry.id),
      ).size,
    ).toBe(1);
    expect(connection.counters).toMatchObject({ resent: 1, pending: 0, reconnects: 0 });
  });

  it('repeats what may succeed later, and gives up what never will', async () => {
    const { connection } = connect();
    await connection.whenOnline();
    let refusals = 0;
    first().script = (frame, socket) => {
      if (frame.type !== 'append') return undefined;
      const isFinal = frame.entry.kind === 'deletion';
      if (!isFinal && ++refusals > 2) return undefined;
      const error = isFinal
        ? { code: 'target_not_found', kind: 'not_found', retryable: false }
        : { code: 'overloaded', kind: 'unavailable', retryable: true, retryAfterMs: 5 };
      socket.send(JSON.stringify({ type: 'refusal', n: frame.n, error }));
      return 'handled';
    };

    await expect(connection.append(room, saying('third time lucky'))).resolves.toMatchObject({ seq: 1 });
    const hopeless = connection.append(room, { kind: 'deletion', body: { target: newId() } });
    await expect(hopeless).rejects.toMatchObject({ code: 'target_not_found', kind: 'not_found' });
  });

  it('waits for a connection, but no longer than it was told', async () => {
    for (const gateway of gateways) gateway.refusesWith = { status: 503, retryAfter: '0' };
    const { connection } = connect();

    const pending = connection.append(room, saying('nobody there'), { giveUpAfterMs: 60 });

    await expect(pending).rejects.toMatchObject({ code: 'gave_up', kind: 'timeout' });
    expect(connection.counters.pending).toBe(0);
  });

  it('keeps to itself what the gateway would close the socket for', async () => {
    const { connection } = connect();
    await connection.whenOnline();

    await expect(connection.append(room, saying(' '))).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(connection.append(room, saying('\u0001'.repeat(32 * 1024)))).rejects.toMatchObject({
      code: 'too_large',
    });
    expect(first().framesOf('append')).toEqual([]);
  });

  it('bounds what waits for an answer', async () => {
    const { connection } = connect({ maxPending: 1 });
    await connection.whenOnline();
    first().script = (frame) => (frame.type === 'append' ? 'handled' : undefined);
    const waiting = connection.append(room, saying('one')).catch((error: unknown) => error);

    await expect(connection.append(room, saying('two'))).rejects.toMatchObject({ code: 'too_many_pending' });

    await connection.close();
    expect(await waiting).toMatchObject({ code: 'connection_closed' });
  });
});

describe('the applied view', () => {
  const record = (count: number): void => {
    for (let i = 0; i < count; i += 1) first().journal.append(room, saying(`${i}`));
  };
  const live = (seq: number): void => {
    const entry = first().journal.entries[seq - 1] as Entry;
    first().say({ type: 'entry', entry });
  };

  it('reads the whole history, page by page, when it has no heads', async () => {
    record(35);

    const { entries } = connect();

    await eventually(() => entries.length === 35);
    expect(seqs(entries)).toEqual(upTo(35));
  });

  it('goes on from the heads it is given', async () => {
    record(5);

    const { connection, entries } = connect({ heads: new Map([[room, 3]]) });

    await eventually(() => entries.length === 2);
    expect(seqs(entries)).toEqual([4, 5]);
    expect(connection.heads()).toEqual(new Map([[room, 5]]));
  });

  it('asks for what is missing in a hole, and drops what it has', async () => {
    const { connection, entries } = connect();
    const gaps: number[] = [];
    connection.on('gap', ({ arrivedSeq }) => gaps.push(arrivedSeq));
    await connection.whenOnline();
    record(4);

    for (const seq of [1, 1, 4, 4]) live(seq);

    await eventually(() => entries.length === 4);
    expect(seqs(entries)).toEqual(upTo(4));
    expect(gaps).toEqual([4]);
    expect(connection.counters.duplicates).toBe(2);
  });

  it('lets a hole heal by itself when entries only overtook each other', async () => {
    const { connection, entries } = connect({ gapWaitMs: 10_000 });
    await connection.whenOnline();
    record(3);

    for (const seq of [3, 2, 1]) live(seq);

    await eventually(() => entries.length === 3);
    expect(seqs(entries)).toEqual(upTo(3));
    expect(first().framesOf('sync')).toEqual([]);
  });

  it('finds a lost last entry by the heads of a heartbeat', async () => {
    const { connection, entries } = connect();
    await connection.whenOnline();
    record(1);

    first().say({ type: 'heartbeat', heads: [[room, 1]] });

    await eventually(() => entries.length === 1);
  });

  it('tells when the person is out of a conversation', async () => {
    const { connection } = connect({ heads: new Map([[room, 3]]) });
    const gone: ConversationId[] = [];
    connection.on('gone', (id) => gone.push(id));

    await eventually(() => gone.length === 1);
    expect(connection.heads().size).toBe(0);
  });

  it('goes on delivering when a listener throws', async () => {
    const { connection, entries } = connect();
    await connection.whenOnline();
    const surfaced: unknown[] = [];
    connection.on('error', (error) => surfaced.push(error));
    connection.prependListener('entry', ({ seq }) => {
      if (seq === 1) throw new Error('a bug of the application');
    });
    record(2);

    live(1);
    live(2);
    await eventually(() => entries.length === 1 && surfaced.length === 1);

    expect(seqs(entries)).toEqual([2]);
    expect(connection.heads().get(room)).toBe(2);
  });

  it('shows every entry once and in order while live entries, answers and sockets are lost', async () => {
    let dice = 1;
    const roll = (sides: number): boolean => (dice = (dice * 48_271) % 2_147_483_647) % sides === 0;
    for (const gateway of gateways) {
      gateway.loses = () => roll(3);
      gateway.script = (frame, socket) => {
        if (frame.type === 'append' && roll(10)) socket.terminate();
        return frame.type === 'append' && roll(8) ? 'handled' : undefined;
      };
    }
    const reader = connect({ requestTimeoutMs: 50 });
    const writer = connect({ requestTimeoutMs: 50 });

    const receipts = await Promise.all(upTo(100).map((number) => writer.connection.append(room, saying(`${number}`))));
    for (const gateway of gateways) gateway.say({ type: 'heartbeat', heads: [[room, 100]] });

    await eventually(() => reader.entries.length >= 100 && writer.entries.length >= 100);
    expect(new Set(receipts.map(({ seq }) => seq)).size).toBe(100);
    expect(seqs(reader.entries)).toEqual(upTo(100));
    expect(seqs(writer.entries)).toEqual(upTo(100));
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
