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

    expect(logs.question().heads).toEqual(
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

  it('takes a last page as proof only for what was known when it was asked for', () => {
    const logs = new ConversationLogs('all');
    logs.ready([[room, 2]]);
    const question = logs.question();
    logs.offer(entry(room, 4));

    const applied = logs.apply(question, { changed: [], gone: [], more: false });

    expect(applied.skipped).toEqual([{ conversationId: room, from: 1, to: 2 }]);
    expect(logs.heads().get(room)).toBe(2);
    expect(logs.behind).toBe(true);
  });

  it('proves nothing with a page that is not the last', () => {
    const logs = new ConversationLogs('all');
    logs.ready([
      [room, 2],
      [other, 2],
    ]);

    const changed = [{ conversationId: room, head: 2, entries: [entry(room, 1)] }];
    const applied = logs.apply(logs.question(), { changed, gone: [], more: true });

    expect(seqs(applied.entries)).toEqual([1]);
    expect(applied.skipped).toEqual([]);
    expect(logs.behind).toBe(true);
  });

  it('ignores entries of one conversation in the page of another', () => {
    const logs = new ConversationLogs('all');
    logs.ready([[room, 1]]);

    const changed = [{ conversationId: room, head: 1, entries: [entry(other, 1), entry(room, 1)] }];
    const applied = logs.apply(logs.question(), { changed, gone: [], more: false });

    expect(applied.entries.map(({ conversationId }) => conversationId)).toEqual([room]);
  });

  it('asks about a conversation that ready does not name, leaves it when told, and goes on where it was on return', () => {
    const logs = new ConversationLogs('all', [[room, 5]]);
    logs.ready([]);
    expect(logs.behind).toBe(true);

    const { gone } = logs.apply(logs.question(), { changed: [], gone: [room], more: false });
    expect(gone).toEqual([room]);
    expect(logs.behind).toBe(false);
    expect(logs.heads().has(room)).toBe(false);

    expect(logs.offer(entry(room, 5)).entries).toEqual([]);
    expect(seqs(logs.offer(entry(room, 6)).entries)).toEqual([6]);
  });
});
