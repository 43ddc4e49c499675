import type { Entry } from '@relais/contracts';
import { type ConversationId, newId } from '@relais/kernel';
import { ConversationLogs } from './conversation-logs.js';

const room = newId<ConversationId>();
const other = newId<ConversationId>();
const entry = (conversationId: ConversationId, seq: number): Entry => ({
  conversationId,
  seq,
  id: newId(),
  senderId: newId(),
  recordedAt: '2026-11-23T12:00:00.000Z',
  kind: 'message',
  body: { text: `${seq}` },
});
const seqs = (entries: Entry[]): number[] => entries.map(({ seq }) => seq);

describe('the applied view of all conversations', () => {
  it('reads conversations without a head from the beginning', () => {
    const logs = new ConversationLogs('all', [[other, 3]]);

    logs.ready([
      [room, 2],
      [other, 3],
    ]);

    expect(logs.question()).toEqual(
      expect.arrayContaining([
        [room, 0],
        [other, 3],
      ]),
    );
    expect(logs.behind).toBe(true);
  });

  it('starts at the first ready heads when history is not wanted, but reads what begins later from its beginning', () => {
    const logs = new ConversationLogs('none');
    logs.ready([[room, 7]]);
    expect(logs.behind).toBe(false);

    logs.ready([
      [room, 7],
      [other, 2],
    ]);

    expect(logs.heads()).toEqual(
      new Map([
        [room, 7],
        [other, 0],
      ]),
    );
    expect(logs.behind).toBe(true);
  });

  it('steps over what it may not see, as far as the answer reaches', () => {
    const logs = new ConversationLogs('all');
    logs.ready([[room, 4]]);

    const changed = [{ conversationId: room, head: 4, upTo: 3, entries: [entry(room, 2)] }];
    const applied = logs.apply({ changed, gone: [], more: true });

    expect(seqs(applied.entries)).toEqual([2]);
    expect(applied.skipped).toEqual([
      { conversationId: room, from: 1, to: 1 },
      { conversationId: room, from: 3, to: 3 },
    ]);
    expect(logs.behind).toBe(true);
  });

  it('takes an answer that does not mention a conversation for no proof about it', () => {
    const logs = new ConversationLogs('all');
    logs.ready([[room, 2]]);

    const applied = logs.apply({ changed: [], gone: [], more: false });

    expect(applied.skipped).toEqual([]);
    expect(logs.behind).toBe(true);
  });

  it('ignores entries of one conversation in the page of another', () => {
    const logs = new ConversationLogs('all');
    logs.ready([[room, 1]]);

    const changed = [{ conversationId: room, head: 1, upTo: 1, entries: [entry(other, 1), entry(room, 1)] }];
    const applied = logs.apply({ changed, gone: [], more: false });

    expect(applied.entries.map(({ conversationId }) => conversationId)).toEqual([room]);
  });

  it('asks about a conversation that ready does not name, leaves it when told, and goes on where it was on return', () => {
    const logs = new ConversationLogs('all', [[room, 5]]);
    logs.ready([]);
    expect(logs.behind).toBe(true);

    const { gone } = logs.apply({ changed: [], gone: [room], more: false });
    expect(gone).toEqual([room]);
    expect(logs.behind).toBe(false);
    expect(logs.heads().has(room)).toBe(false);

    expect(logs.offer(entry(room, 5)).entries).toEqual([]);
    expect(seqs(logs.offer(entry(room, 6)).entries)).toEqual([6]);
  });
});
