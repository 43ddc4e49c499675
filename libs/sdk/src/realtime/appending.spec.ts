import { newId } from '@relais/kernel';
import { room, saying, twoGateways, upTo } from '../testing/connected.js';
import { eventually } from '../testing/eventually.js';

const { connect, first, second, both } = twoGateways();

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

  it('waits for the next socket when the token of this one is over', async () => {
    const { connection } = connect();
    await connection.whenOnline();
    first().script = (frame, socket) => {
      if (frame.type !== 'append') return undefined;
      const error = { code: 'token_revoked', kind: 'unauthenticated', retryable: false };
      socket.send(JSON.stringify({ type: 'refusal', n: frame.n, error }));
      socket.close(4010, JSON.stringify({ code: 'token_expired' }));
      return 'handled';
    };

    await expect(connection.append(room, saying('by the next token'))).resolves.toMatchObject({ seq: 1 });
    expect(second().framesOf('append')).toHaveLength(1);
  });

  it('waits for a connection, but no longer than it was told', async () => {
    for (const gateway of both()) gateway.refusesWith = { status: 503, retryAfter: '0' };
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

  it('does not flood a gateway with a backlog', async () => {
    const { connection } = connect({ maxInFlight: 3 });
    await connection.whenOnline();
    const unanswered: (() => void)[] = [];
    first().script = (frame, socket) => {
      if (frame.type !== 'append') return undefined;
      const { receipt } = first().journal.append(frame.conversationId, frame.entry);
      const answer = { type: 'answer', n: frame.n, ok: true, data: receipt };
      unanswered.push(() => socket.send(JSON.stringify(answer)));
      return 'handled';
    };

    const receipts = Promise.all(upTo(10).map((number) => connection.append(room, saying(`${number}`))));
    await eventually(() => unanswered.length === 3);
    for (let sent = 3; sent < 10; sent += 1) {
      unanswered[sent - 3]?.();
      await eventually(() => unanswered.length === sent + 1);
    }
    for (const answer of unanswered.slice(7)) answer();

    expect((await receipts).map(({ seq }) => seq)).toEqual(upTo(10));
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
