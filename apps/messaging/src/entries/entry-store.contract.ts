import {
  type ConversationId,
  type DeviceId,
  type EntryId,
  newId,
  type OrganizationId,
  type UserId,
} from '@relais/kernel';
import type { CommitResult, Draft, EntryStore } from './entry-store.js';

export interface Period {
  userId: UserId;
  role?: 'reader' | 'writer' | 'moderator';
  joinedSeq: number;
  leftSeq?: number;
}

/** A conversation as a test wishes it: its members, and whether newcomers see the past. */
export interface Wished {
  members: Period[];
  sharesHistory?: boolean;
}

/** How one implementation is made and what lies beside its interface. */
export interface Fixture {
  store: EntryStore;
  put(organizationId: OrganizationId, id: ConversationId, wished: Wished): Promise<void>;
  /** As any change of members does: what was known of the rules is now stale. */
  raiseRulesVersion(organizationId: OrganizationId, id: ConversationId): Promise<void>;
  /** Says how long the organization keeps what is said; null: it says nothing. */
  keep(organizationId: OrganizationId, keepDays: number | null): Promise<void>;
  /** Makes an entry older. */
  age(organizationId: OrganizationId, id: ConversationId, seq: number, days: number): Promise<void>;
}

/** What every EntryStore promises. */
export function entryStoreContract(make: () => Promise<Fixture>): void {
  const organizationId = newId<OrganizationId>();
  const alice = newId<UserId>();
  const bob = newId<UserId>();
  let fixture: Fixture;

  beforeAll(async () => {
    fixture = await make();
  });

  async function conversation(wished: Partial<Wished> = {}): Promise<ConversationId> {
    const id = newId<ConversationId>();
    const members = [alice, bob].map((userId) => ({ userId, joinedSeq: 1 }));
    await fixture.put(organizationId, id, { members, ...wished });
    return id;
  }

  const draft = (conversationId: ConversationId, more: Partial<Draft> = {}): Draft => ({
    conversationId,
    id: newId<EntryId>(),
    kind: 'message',
    senderId: alice,
    senderDeviceId: newId<DeviceId>(),
    rulesVersion: 1,
    isModerator: false,
    body: Buffer.from('sealed'),
    ttlSeconds: 0,
    mentions: [],
    notify: [],
    notifyAll: false,
    ...more,
  });

  const commit = (...drafts: Draft[]): Promise<CommitResult> => fixture.store.commit(organizationId, drafts);

  async function append(conversationId: ConversationId, more: Partial<Draft> = {}): Promise<Draft> {
    const one = draft(conversationId, more);
    expect(await commit(one)).toMatchObject({ outcome: 'committed' });
    return one;
  }

  async function filled(count: number, wished: Partial<Wished> = {}): Promise<ConversationId> {
    const id = await conversation(wished);
    await commit(...Array.from({ length: count }, () => draft(id)));
    return id;
  }

  const seqsOf = (result: CommitResult): number[] =>
    result.outcome === 'committed' ? result.placed.map(({ seq }) => seq) : [];
  const log = (id: ConversationId, userId = alice) =>
    fixture.store.listAfter(organizationId, userId, [{ conversationId: id, after: 0 }], 1_000);
  const seqs = async (id: ConversationId, userId = alice) => (await log(id, userId)).map(({ seq }) => seq);
  const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const shuffled = <Item>(items: readonly Item[]): Item[] =>
    items
      .map((item) => ({ item, at: Math.random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);

  describe('numbers', () => {
    it('are 1, 2, 3, … without gaps, however many commit at the same time', async () => {
      const id = await conversation();

      const results = await Promise.all(
        Array.from({ length: 40 }, (_, index) => commit(...Array.from({ length: 1 + (index % 3) }, () => draft(id)))),
      );

      const given = results.flatMap(seqsOf);
      expect(given.toSorted((a, b) => a - b)).toEqual(upTo(given.length));
      expect(await seqs(id)).toEqual(upTo(given.length));
    });

    it('follow the order of the drafts, in each conversation for itself', async () => {
      const [a, b] = [await conversation(), await conversation()];
      await append(b);

      const result = await commit(draft(a), draft(b), draft(a), draft(a), draft(b));

      expect(seqsOf(result)).toEqual([1, 2, 2, 3, 3]);
    });

    it('are given in many conversations at once, in whatever order, without deadlock', async () => {
      const ids = await Promise.all(Array.from({ length: 8 }, () => conversation()));

      const results = await Promise.all(
        Array.from({ length: 40 }, () =>
          commit(
            ...shuffled(ids)
              .slice(0, 6)
              .map((id) => draft(id)),
          ),
        ),
      );

      expect(results.map(({ outcome }) => outcome)).toEqual(results.map(() => 'committed'));
      const counts = await Promise.all(ids.map(async (id) => (await seqs(id)).length));
      expect(counts.reduce((sum, count) => sum + count)).toBe(240);
      for (const [index, id] of ids.entries()) expect(await seqs(id)).toEqual(upTo(counts[index] as number));
    });

    it('are told for the conversations asked about and for those somebody is in', async () => {
      const id = await filled(3);
      const carol = newId<UserId>();
      const other = await filled(2, { members: [{ userId: carol, joinedSeq: 1 }] });

      const heads = await fixture.store.heads(organizationId, [id, other, newId<ConversationId>()]);

      expect(new Map(heads)).toEqual(new Map([[id, 3], [other, 2]])); // prettier-ignore
      expect(await fixture.store.headsOf(organizationId, carol)).toEqual([
        { conversationId: other, head: 2, isDirect: false },
      ]);
    });

    it('are told by pages, each once', async () => {
      const carol = newId<UserId>();
      const ids: ConversationId[] = [];
      for (let n = 0; n < 5; n++) ids.push(await filled(1, { members: [{ userId: carol, joinedSeq: 1 }] }));
      const page = async (after?: ConversationId) =>
        (await fixture.store.headsOf(organizationId, carol, { after, limit: 2 })).map((one) => one.conversationId);

      const [first, second] = [await page(), await page(ids.toSorted()[1])];
      const last = await page(ids.toSorted()[3]);

      expect([...first, ...second, ...last]).toEqual(ids.toSorted());
      expect(await page(ids.toSorted()[4])).toEqual([]);
    });
  });

  describe('a commit', () => {
    it('authorized with stale knowledge writes nothing and says of which conversations', async () => {
      const [fresh, changed] = [await filled(1), await filled(1)];
      await fixture.raiseRulesVersion(organizationId, changed);

      expect(await commit(draft(fresh), draft(changed), draft(changed))).toEqual({
        outcome: 'stale',
        conversationIds: [changed],
      });

      expect([await seqs(fresh), await seqs(changed)]).toEqual([[1], [1]]);
      expect(seqsOf(await commit(draft(fresh), draft(changed, { rulesVersion: 2 })))).toEqual([2, 2]);
    });

    it('to a conversation that is not there is stale', async () => {
      const nowhere = newId<ConversationId>();

      expect(await commit(draft(nowhere))).toEqual({ outcome: 'stale', conversationIds: [nowhere] });
    });

    it('with an id that the log has writes nothing and burns no number', async () => {
      const [id, other] = [await conversation(), await conversation()];
      const first = await append(id);

      expect(await commit(draft(other), first)).toEqual({ outcome: 'known' });

      expect([await seqs(id), await seqs(other)]).toEqual([[1], []]);
      expect(seqsOf(await commit(draft(id)))).toEqual([2]);
    });

    it('may use an id that another conversation has', async () => {
      const [id, other] = [await conversation(), await conversation()];
      const first = await append(id);

      expect(await commit({ ...first, conversationId: other })).toMatchObject({ outcome: 'committed' });
    });

    it('keeps what was given, to be found by id', async () => {
      const id = await conversation();
      const one = await append(id, { body: Buffer.from([0, 255, 7]), ttlSeconds: 60 });

      const [stored, ...more] = await fixture.store.find(organizationId, [one, draft(id)]);

      expect(more).toEqual([]);
      expect(stored).toMatchObject({ conversationId: id, seq: 1, id: one.id, kind: 'message', senderId: alice });
      expect(stored?.body).toEqual(Buffer.from([0, 255, 7]));
      expect(stored?.expiresAt?.getTime()).toBe((stored?.recordedAt.getTime() ?? 0) + 60_000);
    });
  });

  describe('a change of an entry', () => {
    const change = (id: ConversationId, kind: Draft['kind'], targetId: EntryId, more: Partial<Draft> = {}) =>
      draft(id, { kind, targetId, ...more });
    const refused = (problem: string, at = 0) => ({ outcome: 'refused', problems: new Map([[at, problem]]) });

    it('is for the sender: an edit of another, and a deletion by another who is no moderator, are refused', async () => {
      const id = await conversation();
      const { id: target } = await append(id);

      expect(await commit(change(id, 'edit', target, { senderId: bob }))).toEqual(refused('not_your_entry'));
      expect(await commit(change(id, 'edit', target, { senderId: bob, isModerator: true }))).toEqual(
        refused('not_your_entry'),
      );
      expect(await commit(change(id, 'deletion', target, { senderId: bob }))).toEqual(refused('not_your_entry'));
      expect(await seqs(id)).toEqual([1]);
      expect(await commit(change(id, 'edit', target))).toMatchObject({ outcome: 'committed' });
      expect(await commit(change(id, 'reaction', target, { senderId: bob }))).toMatchObject({ outcome: 'committed' });
    });

    it('names those that are refused, and their neighbours are not written either', async () => {
      const id = await conversation();
      const { id: target } = await append(id);

      const result = await commit(draft(id), change(id, 'edit', target, { senderId: bob }), draft(id));

      expect(result).toEqual(refused('not_your_entry', 1));
      expect(await seqs(id)).toEqual([1]);
    });

    it('finds no target that is unknown, elsewhere, or no message', async () => {
      const [id, other] = [await conversation(), await conversation()];
      const { id: elsewhere } = await append(other);
      const { id: target } = await append(id);
      const reaction = await append(id, { kind: 'reaction', targetId: target });

      for (const unknown of [newId<EntryId>(), elsewhere, reaction.id])
        expect(await commit(change(id, 'reaction', unknown))).toEqual(refused('target_not_found'));
    });

    it('may come in the commit of its target, but not before it', async () => {
      const id = await conversation();
      const [message, later] = [draft(id), draft(id)];

      expect(await commit(message, change(id, 'edit', message.id))).toMatchObject({ outcome: 'committed' });
      expect(await commit(change(id, 'edit', later.id), later)).toEqual(refused('target_not_found'));
    });

    it.each([
      ['the sender', {}],
      ['a moderator', { senderId: bob, isModerator: true }],
    ])('by deletion through %s clears the target and its edits, and nothing else', async (_, by) => {
      const id = await conversation();
      const message = await append(id);
      const edit = await append(id, { kind: 'edit', targetId: message.id });
      const reaction = await append(id, { kind: 'reaction', targetId: message.id });
      const neighbour = await append(id);

      const deletion = await append(id, { kind: 'deletion', targetId: message.id, ...by });

      const left = (await log(id)).filter(({ body }) => body !== null).map((entry) => entry.id);
      expect(left).toEqual([reaction.id, neighbour.id, deletion.id]);
      expect(await seqs(id)).toEqual(upTo(5));
      expect(await commit(change(id, 'edit', message.id))).toEqual(refused('target_not_found'));
      expect(await commit(change(id, 'edit', edit.id))).toEqual(refused('target_not_found'));
      expect(await commit(change(id, 'deletion', message.id))).toMatchObject({ outcome: 'committed' });
    });

    it('clears what the same commit wrote', async () => {
      const id = await conversation();
      const message = draft(id);

      const result = await commit(message, change(id, 'deletion', message.id), change(id, 'reaction', message.id));
      expect(result).toEqual(refused('target_not_found', 2));
      await commit(message, change(id, 'edit', message.id), change(id, 'deletion', message.id));

      expect((await log(id)).map(({ body }) => body === null)).toEqual([true, true, false]);
    });

    it('ends with what it edits, or earlier', async () => {
      const id = await conversation();
      const message = await append(id, { ttlSeconds: 60 });

      await commit(change(id, 'edit', message.id), change(id, 'edit', message.id, { ttlSeconds: 5 }));
      await commit(change(id, 'reaction', message.id));

      const [original, long, short, reaction] = await log(id);
      expect(long?.expiresAt).toEqual(original?.expiresAt);
      expect(short?.expiresAt?.getTime()).toBe((short?.recordedAt.getTime() ?? 0) + 5_000);
      expect(reaction?.expiresAt).toBeUndefined();
    });
  });

  describe('what the organization keeps for a time', () => {
    const DAY_MS = 86_400_000;
    const changing = (targetId: EntryId, kind: Draft['kind'] = 'edit') => ({ kind, targetId });
    const lifeOf = ({ recordedAt, expiresAt }: { recordedAt: Date; expiresAt?: Date | undefined }) =>
      expiresAt && (expiresAt.getTime() - recordedAt.getTime()) / DAY_MS;

    beforeEach(() => fixture.keep(organizationId, 30));
    afterEach(() => fixture.keep(organizationId, null));

    it('ends so long after it was recorded, or earlier by itself; what nobody said stays', async () => {
      const id = await conversation();
      const { id: first } = await append(id);
      await append(id, { ttlSeconds: 86_400 });
      await append(id, changing(first, 'deletion'));
      await append(id, { kind: 'membership' });
      const lives = async () => (await log(id)).map(lifeOf);

      expect(await lives()).toEqual([30, 1, undefined, undefined]);
      await fixture.keep(organizationId, 400);
      expect(await lives()).toEqual([400, 1, undefined, undefined]);
      await fixture.keep(organizationId, null);
      expect(await lives()).toEqual([undefined, 1, undefined, undefined]);
    });

    it('is told with its end to who wrote it', async () => {
      const id = await conversation();

      const result = await commit(draft(id), draft(id, { ttlSeconds: 60 }), draft(id, { kind: 'membership' }));

      const stored = (await log(id)).map(({ expiresAt }) => expiresAt);
      expect(result.outcome === 'committed' && result.placed.map(({ expiresAt }) => expiresAt)).toEqual(stored);
      expect(stored.map((end) => end !== undefined)).toEqual([true, true, false]);
    });

    it('is found without content once it is over, so that nobody is told of it anew who repeats it', async () => {
      const id = await conversation();
      const one = await append(id);
      const bodyOf = async () => (await fixture.store.find(organizationId, [one]))[0]?.body;
      expect(await bodyOf()).toEqual(one.body);

      await fixture.age(organizationId, id, 1, 30);

      expect(await bodyOf()).toBeNull();
      await fixture.keep(organizationId, 31);
      expect(await bodyOf()).toEqual(one.body);
    });

    it('takes along what changes it, and cannot be changed once it is over', async () => {
      const id = await conversation();
      const { id: first } = await append(id);
      const edit = await append(id, changing(first));
      await append(id, changing(first, 'reaction'));
      await fixture.age(organizationId, id, 1, 20);
      const [original, ...others] = await log(id);
      expect(others.map(({ expiresAt }) => expiresAt)).toEqual([original?.expiresAt, original?.expiresAt]);
      expect((await fixture.store.find(organizationId, [edit]))[0]?.expiresAt).toEqual(original?.expiresAt);
      const late = await commit(draft(id, changing(first)));
      expect(late).toMatchObject({ outcome: 'committed', placed: [{ expiresAt: original?.expiresAt }] });

      await fixture.age(organizationId, id, 1, 10);

      expect(await commit(draft(id, changing(first)))).toMatchObject({ outcome: 'refused' });
    });
  });

  describe('what a person may see', () => {
    const [late, back, former, stranger] = [newId<UserId>(), newId<UserId>(), newId<UserId>(), newId<UserId>()];
    const members: Period[] = [
      { userId: alice, joinedSeq: 1 },
      { userId: late, joinedSeq: 4 },
      { userId: back, joinedSeq: 1, leftSeq: 3 },
      { userId: back, joinedSeq: 7 },
      { userId: former, joinedSeq: 1, leftSeq: 5 },
    ];

    it('is what was said while they were in: nothing from before, nothing from between', async () => {
      const id = await filled(9, { members });

      expect(await seqs(id, alice)).toEqual(upTo(9));
      expect(await seqs(id, late)).toEqual(upTo(9, 4));
      expect(await seqs(id, back)).toEqual([1, 2, 3, 7, 8, 9]);
    });

    it('is everything where the history is shared, for those who are in now', async () => {
      const id = await filled(9, { members, sharesHistory: true });

      for (const userId of [late, back]) expect(await seqs(id, userId)).toEqual(upTo(9));
      for (const userId of [former, stranger]) expect(await seqs(id, userId)).toEqual([]);
    });

    it('is nothing for who left, and for who was never in, in either direction', async () => {
      const id = await filled(9, { members });

      for (const userId of [former, stranger]) {
        expect(await seqs(id, userId)).toEqual([]);
        expect(await fixture.store.listBefore(organizationId, userId, id, 100, 50)).toEqual([]);
      }
    });

    it('comes in pages, forwards per conversation and backwards, always oldest first', async () => {
      const [id, other] = [await filled(9, { members }), await filled(3)];
      const after = (userId: UserId, windows: [ConversationId, number][], limit: number) =>
        fixture.store.listAfter(
          organizationId,
          userId,
          windows.map(([conversationId, after]) => ({ conversationId, after })),
          limit,
        );
      const before = (userId: UserId, seq: number, limit: number) =>
        fixture.store.listBefore(organizationId, userId, id, seq, limit);
      const numbers = (entries: readonly { seq: number }[]) => entries.map(({ seq }) => seq);

      expect(numbers(await after(alice, [[id, 2], [other, 0]], 2))).toEqual([3, 4, 1, 2]); // prettier-ignore
      expect(numbers(await after(back, [[id, 2]], 2))).toEqual([3, 7]);
      expect(numbers(await after(alice, [[id, 9]], 2))).toEqual([]);
      expect(numbers(await before(alice, 5, 2))).toEqual([3, 4]);
      expect(numbers(await before(back, 8, 3))).toEqual([2, 3, 7]);
      expect(numbers(await before(late, 6, 50))).toEqual([4, 5]);
    });

    it('is told with how they stand now', async () => {
      const id = await filled(9, { members: [...members, { userId: bob, role: 'moderator', joinedSeq: 1 }] });
      const asked = [bob, former, stranger, late].map((userId) => ({ conversationId: id, userId }));

      const standings = await fixture.store.standings(organizationId, asked);

      expect(standings.map((standing) => standing?.role ?? null)).toEqual(['moderator', null, null, 'writer']);
      expect(standings[0]).toMatchObject({ conversationId: id, userId: bob, rulesVersion: 1, isClosed: false });
    });

    it('ends at the organization: another one finds nothing and writes nothing', async () => {
      const id = await conversation();
      const one = await append(id);
      const theirs = newId<OrganizationId>();
      const { store } = fixture;

      expect(await store.listAfter(theirs, alice, [{ conversationId: id, after: 0 }], 10)).toEqual([]);
      expect(await store.listBefore(theirs, alice, id, 10, 10)).toEqual([]);
      expect(await store.find(theirs, [one])).toEqual([]);
      expect(await store.heads(theirs, [id])).toEqual([]);
      expect(await store.headsOf(theirs, alice)).toEqual([]);
      expect(await store.standings(theirs, [{ conversationId: id, userId: alice }])).toEqual([null]);
      expect(await store.commit(theirs, [draft(id)])).toEqual({ outcome: 'stale', conversationIds: [id] });
      expect(await seqs(id)).toEqual([1]);
    });
  });
}
