import type { Entry } from '@relais/contracts';
import type { ConversationId } from '@relais/kernel';
import { room, saying, seqs, twoGateways, upTo } from '../testing/connected.js';
import { eventually } from '../testing/eventually.js';

const { connect, first, both } = twoGateways();

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
    for (const gateway of both()) {
      gateway.loses = () => roll(3);
      gateway.script = (frame, socket) => {
        if (frame.type === 'append' && roll(10)) socket.terminate();
        return frame.type === 'append' && roll(8) ? 'handled' : undefined;
      };
    }
    const reader = connect({ requestTimeoutMs: 50 });
    const writer = connect({ requestTimeoutMs: 50 });

    const receipts = await Promise.all(upTo(100).map((number) => writer.connection.append(room, saying(`${number}`))));
    for (const gateway of both()) gateway.say({ type: 'heartbeat', heads: [[room, 100]] });

    await eventually(() => reader.entries.length >= 100 && writer.entries.length >= 100);
    expect(new Set(receipts.map(({ seq }) => seq)).size).toBe(100);
    expect(seqs(reader.entries)).toEqual(upTo(100));
    expect(seqs(writer.entries)).toEqual(upTo(100));
  });
});
