import { type Entry, ROUTES } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import { codeOf, type Person } from './person.js';
import { eventually, type Running } from './system.js';

const texts = (entries: readonly Entry[]) =>
  entries.flatMap((entry) => (entry.kind === 'message' ? [entry.body?.text ?? '(gone)'] : []));
const seqs = (entries: readonly Entry[]) => entries.map(({ seq }) => seq);
const oneTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

export function talkingContract(running: Running): void {
  let alice: Person;
  let bob: Person;
  let carol: Person;

  beforeAll(async () => {
    [alice, bob, carol] = (await running().acme.people(3)) as [Person, Person, Person];
  }, 30_000);

  const write = (person: Person, conversationId: ConversationId, draft: object) =>
    person.call(ROUTES.append, { conversationId, id: newId<EntryId>(), ...draft } as never);
  const my = async (person: Person, conversationId: ConversationId) =>
    (await person.call(ROUTES.readConversation, { conversationId })).my;

  it.each(['direct', 'group'] as const)(
    'two on different gateways see the same %s log in the same order',
    async (kind) => {
      const id = await alice.start(kind, [bob]);
      const [hers, his] = [await alice.listen(0), await bob.listen(1)];

      await Promise.all(
        oneTo(20).flatMap((number) => [
          hers.connection.append(id, { kind: 'message', body: { text: `alice ${number}` } }),
          his.connection.append(id, { kind: 'message', body: { text: `bob ${number}` } }),
        ]),
      );

      const head = 41;
      const of = (heard: Entry[]) => heard.filter(({ conversationId }) => conversationId === id);
      await eventually(() => [hers, his].every(({ heard }) => of(heard).at(-1)?.seq === head));
      expect(seqs(of(hers.heard))).toEqual(oneTo(head));
      expect(of(hers.heard)).toEqual(of(his.heard));
      expect(await bob.log(id)).toEqual(of(hers.heard));
      await Promise.all([hers.connection.close(), his.connection.close()]);
    },
  );

  it('in a channel writers write, readers react and do not write', async () => {
    const id = await alice.start('channel', [bob, carol]);
    await alice.call(ROUTES.changeRole, { conversationId: id, userId: carol.id, role: 'writer' });
    const [reader, writer] = [await bob.open(1), await carol.open(0)];
    const append = (entry: object) => ({ type: 'append', conversationId: id, entry: { id: newId(), ...entry } });
    const message = { kind: 'message', body: { text: 'hello' } };

    const written = await writer.ask(append(message));
    const refused = await reader.ask(append(message));
    const { id: target } = (written as { data: { id: EntryId } }).data;
    const reacted = await reader.ask(append({ kind: 'reaction', body: { target, emoji: '👍' } }));

    expect(written).toMatchObject({ type: 'answer', data: { replayed: false } });
    expect(refused).toMatchObject({ type: 'refusal', error: { code: 'may_not_write' } });
    expect(reacted).toMatchObject({ type: 'answer' });
    expect(await codeOf(bob.say(id, 'over HTTP'))).toBe('may_not_write');
    await writer.until((frame) => frame.type === 'entry' && frame.entry.kind === 'reaction');
    expect((await carol.log(id)).map(({ kind }) => kind)).toEqual(['membership', 'membership', 'message', 'reaction']);
  });

  it('edits, deletions and reactions reach the other replica, and the log keeps them', async () => {
    const id = await alice.start('group', [bob]);
    const listener = await bob.open(1);
    const [first, second] = [await alice.say(id, 'frist'), await alice.say(id, 'wrong room')];

    await write(alice, id, { kind: 'edit', body: { target: first.id, text: 'first' } });
    await write(bob, id, { kind: 'reaction', body: { target: first.id, emoji: '🎉' } });
    await write(alice, id, { kind: 'deletion', body: { target: second.id } });

    await eventually(() => listener.entries(id).length === 5);
    expect(listener.entries(id).map(({ kind }) => kind)).toEqual([
      'message',
      'message',
      'edit',
      'reaction',
      'deletion',
    ]);
    const log = await bob.log(id);
    expect(texts(log)).toEqual(['frist', '(gone)']);
    expect(log[3]).toMatchObject({ kind: 'edit', body: { target: first.id, text: 'first' } });
    expect(await codeOf(write(bob, id, { kind: 'edit', body: { target: first.id, text: 'mine' } }))).toBe(
      'not_your_entry',
    );
  });

  it('unread messages and mentions are counted until they are read', async () => {
    const id = await alice.start('group', [bob]);
    const listener = await bob.listen(1);
    await alice.say(id, 'one');
    await alice.say(id, 'two, @bob', { mentions: [bob.id] });
    const { seq } = await alice.say(id, 'three');
    expect(await my(bob, id)).toMatchObject({ unread: 3, mentions: 1 });
    expect(await my(alice, id)).toMatchObject({ unread: 0, mentions: 0 });

    listener.connection.markRead(id, seq - 1);
    await eventually(async () => (await my(bob, id)).read === seq - 1);
    expect(await my(bob, id)).toMatchObject({ unread: 1, mentions: 0 });
    await bob.call(ROUTES.marks, { marks: [{ conversationId: id, read: seq }] });
    expect(await my(bob, id)).toMatchObject({ read: seq, unread: 0, mentions: 0 });
    await listener.connection.close();
  });

  it('muting is for oneself, and ends', async () => {
    const id = await alice.start('group', [bob]);

    await bob.call(ROUTES.muteConversation, { conversationId: id, until: '2031-01-01T00:00:00Z' });

    expect((await my(bob, id)).mutedUntil).toBe('2031-01-01T00:00:00.000Z');
    expect((await my(alice, id)).mutedUntil).toBeUndefined();
    await bob.call(ROUTES.muteConversation, { conversationId: id, until: null });
    expect((await my(bob, id)).mutedUntil).toBeUndefined();
  });

  it('history is read forwards and backwards without a hole', async () => {
    const id = await alice.start('group', [bob]);
    for (const number of oneTo(9)) await alice.say(id, `line ${number}`);
    const page = (more: object) => bob.call(ROUTES.listEntries, { conversationId: id, limit: 4, ...more });

    const forwards: number[] = [];
    for (let after = 0; after < 10; after = (await page({ after })).upTo)
      forwards.push(...seqs((await page({ after })).entries));
    const backwards: number[] = [];
    for (let before = 11; before > 1; before = backwards[0] ?? 0)
      backwards.unshift(...seqs((await page({ before })).entries));

    expect(forwards).toEqual(oneTo(10));
    expect(backwards).toEqual(oneTo(10));
  });

  it('a message with an end is gone after it, for everybody', async () => {
    const id = await alice.start('direct', [carol]);
    await alice.say(id, 'gone in a second', { ttlSeconds: 1 });
    await alice.say(id, 'stays');

    expect(texts(await carol.log(id))).toContain('stays');
    await eventually(async () => texts(await carol.log(id)).includes('(gone)'));
    expect(texts(await alice.log(id))).toEqual(['(gone)', 'stays']);
  });

  it.each([
    ['what was said before is not shown to who joins later', false, ['after']],
    ['what was said before is shown to who joins later, when history is shared', true, ['before', 'after']],
  ])('%s', async (_, sharesHistory, seen) => {
    const id = await alice.start('group', [bob], { sharesHistory });
    await alice.say(id, 'before');
    const listener = await carol.listen(1);

    await alice.call(ROUTES.addMembers, { conversationId: id, userIds: [carol.id] });
    const { seq } = await bob.say(id, 'after');

    await eventually(() => (listener.connection.heads().get(id) ?? 0) >= seq);
    expect(texts(listener.heard.filter(({ conversationId }) => conversationId === id)).at(-1)).toBe('after');
    expect(texts(await carol.log(id))).toEqual(seen);
    await listener.connection.close();
  });

  it.each([
    ['who leaves', (id: ConversationId) => bob.call(ROUTES.removeMember, { conversationId: id, userId: bob.id })],
    ['who is removed', (id: ConversationId) => alice.call(ROUTES.removeMember, { conversationId: id, userId: bob.id })],
  ])('%s while others talk sees nothing that is said later (A-43)', async (_, depart) => {
    const id = await alice.start('group', [bob, carol]);
    const [leaver, writer, witness] = [await bob.open(1), await alice.listen(0), await carol.open(1)];
    const saying = oneTo(100).map((number) =>
      writer.connection.append(id, { kind: 'message', body: { text: `line ${number}` } }),
    );
    await leaver.until((frame) => frame.type === 'entry' && frame.entry.conversationId === id);

    await depart(id);
    await Promise.all(saying);
    const { seq: last } = await alice.say(id, 'last');

    await witness.until((frame) => frame.type === 'entry' && frame.entry.seq === last);
    const departure = (await alice.log(id)).findLast(({ kind }) => kind === 'membership')?.seq ?? 0;
    expect(Math.max(...seqs(leaver.entries(id)))).toBeLessThanOrEqual(departure);
    expect(seqs(witness.entries(id))).toEqual(oneTo(last).slice(1));
    expect(await codeOf(bob.log(id))).toBe('conversation_not_found');
    expect(await codeOf(bob.say(id, 'still here?'))).toBe('conversation_not_found');
    const sync = await leaver.ask({ type: 'sync', heads: [[id, 1]] });
    expect(sync).toMatchObject({ type: 'answer', data: { gone: [id] } });
    const { changed } = (sync as { data: { changed: { conversationId: string }[] } }).data;
    expect(changed.filter(({ conversationId }) => conversationId === id)).toEqual([]);
    await Promise.all([writer.connection.close(), leaver.close(), witness.close()]);
  });
}
