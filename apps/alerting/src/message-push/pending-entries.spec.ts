import { type ConversationId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import { PendingEntries } from './pending-entries.js';

const [one, two] = [newId<OrganizationId>(), newId<OrganizationId>()];
const [alice, bob] = [newId<UserId>(), newId<UserId>()];
const nobody = new Set<OrganizationId>();

describe('what was said and nobody was woken for yet', () => {
  let now = 0;
  let pending: PendingEntries;
  beforeEach(() => {
    now = 0;
    pending = new PendingEntries({ delayMs: 1_000, pauseMs: 5_000 }, () => now);
  });

  const say = (conversationId: ConversationId, seq: number, more: object = {}, organizationId = one) =>
    pending.add({
      ...{ id: newId(), organizationId },
      entries: [
        { conversationId, seq, id: newId(), kind: 'message', senderId: alice, notify: [], notifyAll: true, ...more },
      ],
    });

  it('is due after a while, once for a conversation, with the latest of each sender', () => {
    const conversation = newId<ConversationId>();
    void say(conversation, 1, { notify: [bob], notifyAll: false });
    void say(conversation, 2);
    void say(conversation, 3, { senderId: bob });
    now = 999;
    expect(pending.take(9, nobody)).toEqual([]);

    now = 1_000;
    const [due] = pending.take(9, nobody);
    expect([...(due?.bySender.values() ?? [])]).toEqual([
      { senderId: alice, seq: 2, notify: [bob], notifyAll: true },
      { senderId: bob, seq: 3, notify: [], notifyAll: true },
    ]);
    expect(due?.waiting).toHaveLength(3);
    expect(pending.isEmpty).toBe(true);
  });

  it('waits a while after the conversation has woken somebody', () => {
    const [busy, quiet] = [newId<ConversationId>(), newId<ConversationId>()];
    void say(busy, 1);
    now = 1_000;
    pending.take(9, nobody);
    void say(busy, 2);
    void say(quiet, 1);

    now = 2_000;
    expect(pending.take(9, nobody).map(({ conversationId }) => conversationId)).toEqual([quiet]);
    now = 6_000;
    expect(pending.take(9, nobody).map(({ conversationId }) => conversationId)).toEqual([busy]);
  });

  it('is taken in turns by organizations, however much one has', () => {
    for (let count = 0; count < 100; count++) void say(newId<ConversationId>(), 1);
    void say(newId<ConversationId>(), 1, {}, two);
    now = 1_000;
    const turns = [pending.take(10, nobody), pending.take(10, nobody), pending.take(10, nobody)];

    expect(turns.map((due) => [due[0]?.organizationId, due.length])).toEqual([
      [one, 10],
      [two, 1],
      [one, 10],
    ]);
    expect(pending.take(10, new Set([one]))).toEqual([]);
  });

  it('is nothing where nobody is to be told', () => {
    expect(say(newId<ConversationId>(), 1, { kind: 'edit', notifyAll: false })).toEqual([]);
    expect(pending.isEmpty).toBe(true);
  });
});
