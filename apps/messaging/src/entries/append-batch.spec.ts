import type { AppendEntry } from '@relais/contracts';
import { keyIdOf } from '@relais/crypto';
import { AppError, type ConversationId, type EntryId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import { MemoryLog, message, wish } from '../../test/memory-log.js';
import { KeyDays } from '../keeping/key-days.js';
import type { Appended } from './append.js';
import { AppendBatch } from './append-batch.js';
import { openEntries, saidScopeOf, scopeOf } from './entry-sealing.js';
import { Standings } from './standings.js';

describe('a batch of appends', () => {
  let log: MemoryLog;
  let batch: AppendBatch;
  let keyDays: number | null;

  beforeEach(async () => {
    log = await MemoryLog.open();
    keyDays = null;
    batch = aBatch();
  });
  afterEach(() => log.close());

  const aBatch = () =>
    new AppendBatch(log.store, new Standings(log.store), log.envelope, new KeyDays(async () => keyDays));

  async function run(...wishes: [AppendEntry, UserId][]): Promise<PromiseSettledResult<Appended>[]> {
    const all = wishes.map(([command, userId]) => wish(command, userId));
    await batch.run(
      log.organizationId,
      all.map(({ append }) => append),
    );
    return Promise.allSettled(all.map(({ answer }) => answer));
  }

  async function append(command: AppendEntry, userId = log.alice): Promise<Appended> {
    const { append: one, answer } = wish(command, userId);
    await batch.run(log.organizationId, [one]);
    return answer;
  }

  const codeOf = (result: PromiseSettledResult<Appended> | undefined): string =>
    result?.status === 'rejected' ? AppError.from(result.reason).code : 'ok';
  const codes = async (...wishes: [AppendEntry, UserId][]) => (await run(...wishes)).map(codeOf);
  const reaction = (conversationId: ConversationId, target: EntryId): AppendEntry => ({
    conversationId,
    id: newId<EntryId>(),
    kind: 'reaction',
    body: { target, emoji: '👍' },
  });

  it('seals what is said with keys of their own, for as long as the organization wants', async () => {
    const id = log.conversation();
    const keyOf = async (days?: number) => (await log.envelope.keyFor(saidScopeOf(log.organizationId, id, days))).id;
    const lastKey = () => keyIdOf(log.of(id).log.at(-1)?.body as Buffer);
    const { entry } = await append(message(id));
    expect(lastKey()).toBe(await keyOf());
    await append({ conversationId: id, id: newId<EntryId>(), kind: 'deletion', body: { target: entry.id } });
    expect(lastKey()).toBe((await log.envelope.keyFor(scopeOf(log.organizationId, id))).id);

    keyDays = 7;
    batch = aBatch();
    await append(message(id));

    expect(lastKey()).toBe(await keyOf(7));
  });

  it('is one commit, and gives each its number, time and content', async () => {
    const [a, b] = [log.conversation(), log.conversation()];
    const [first, second, third] = [message(a, 'one'), message(b, 'two'), message(a, 'three', { ttlSeconds: 30 })];

    const results = await run([first, log.alice], [second, log.bob], [third, log.alice]);

    expect(log.store.commits).toHaveLength(1);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value.entry : null))).toEqual([
      { ...first, senderId: log.alice, seq: 1, recordedAt: '2026-11-23T12:00:00.000Z' },
      { ...second, senderId: log.bob, seq: 1, recordedAt: '2026-11-23T12:00:00.000Z' },
      {
        ...message(a, 'three', { id: third.id }),
        senderId: log.alice,
        seq: 2,
        recordedAt: '2026-11-23T12:00:00.000Z',
        expiresAt: '2026-11-23T12:00:30.000Z',
      },
    ]);
  });

  it('stores what was said sealed, to be opened again in its own place only', async () => {
    const id = log.conversation();
    await run([message(id, 'secret one'), log.alice], [message(id, 'secret two'), log.alice]);
    const { log: stored } = log.of(id);

    expect(Buffer.concat(stored.map(({ body }) => body as Buffer)).includes('secret')).toBe(false);
    const opened = await openEntries(log.envelope, log.organizationId, stored, log.clock.now());
    expect(opened.map(({ body }) => body)).toEqual([{ text: 'secret one' }, { text: 'secret two' }]);
    const [one, two] = stored;
    const swapped = [{ ...one, body: two?.body } as (typeof stored)[number]];
    expect(await openEntries(log.envelope, log.organizationId, swapped, log.clock.now())).toMatchObject([
      { body: null },
    ]);
  });

  describe('with something sent again', () => {
    it('gives the first result, as often as asked', async () => {
      const command = message(log.conversation());
      const first = await append(command);
      log.clock.advance(60_000);

      for (let again = 0; again < 3; again++) expect(await append(command)).toEqual({ ...first, replayed: true });
      expect(log.of(command.conversationId).log).toHaveLength(1);
    });

    it('gives it twice in one batch as well, beside new ones', async () => {
      const id = log.conversation();
      const [old, fresh] = [message(id), message(id)];
      await append(old);

      const results = await run([fresh, log.alice], [old, log.alice], [fresh, log.alice], [message(id), log.bob]);

      expect(
        results.map((result) => result.status === 'fulfilled' && [result.value.entry.seq, result.value.replayed]),
      ).toEqual([
        [2, false],
        [1, true],
        [2, true],
        [3, false],
      ]);
    });

    it('refuses the id with other content, of another kind, or by another person', async () => {
      const id = log.conversation();
      const command = message(id, 'original');
      await append(command);

      expect(
        await codes(
          [message(id, 'other', { id: command.id }), log.alice],
          [{ ...reaction(id, command.id), id: command.id }, log.alice],
          [command, log.bob],
          [command, log.alice],
        ),
      ).toEqual(['entry_id_reused', 'entry_id_reused', 'entry_id_reused', 'ok']);
    });

    it('refuses other content under the same id in one batch', async () => {
      const id = log.conversation();
      const command = message(id, 'original');

      expect(await codes([command, log.alice], [message(id, 'other', { id: command.id }), log.alice])).toEqual([
        'ok',
        'entry_id_reused',
      ]);
    });

    it('gives the first result even when it could not be done now: closed, demoted, target deleted', async () => {
      const [closing, demoting, deleting] = [log.conversation(), log.conversation(), log.conversation()];
      const [beforeClose, beforeDemotion, target] = [message(closing), message(demoting), message(deleting)];
      const { id: edit } = message(deleting);
      const edited: AppendEntry = {
        conversationId: deleting,
        id: edit,
        kind: 'edit',
        body: { target: target.id, text: 'x' },
      };
      for (const command of [beforeClose, beforeDemotion, target, edited]) await append(command);
      log.change(closing, (conversation) => (conversation.standing.isClosed = true));
      log.change(demoting, ({ members }) => members.forEach((member) => (member.role = 'reader')));
      await append({ conversationId: deleting, id: newId<EntryId>(), kind: 'deletion', body: { target: target.id } });

      const results = await run([beforeClose, log.alice], [beforeDemotion, log.alice], [edited, log.alice]);

      expect(results.map((result) => result.status === 'fulfilled' && result.value.replayed)).toEqual([
        true,
        true,
        true,
      ]);
    });

    it('gives it to members only', async () => {
      const command = message(log.conversation());
      await append(command);
      log.change(command.conversationId, ({ members }) => members.splice(0, 1));

      expect(await codes([command, log.alice])).toEqual(['conversation_not_found']);
    });

    it('shows no content that was deleted meanwhile', async () => {
      const command = message(log.conversation());
      await append(command);
      const { conversationId, id: target } = command;
      await append({ conversationId, id: newId<EntryId>(), kind: 'deletion', body: { target } });

      expect(await append(command)).toMatchObject({ replayed: true, entry: { seq: 1, body: null } });
    });
  });

  describe('with one that may not', () => {
    it('fails only that one', async () => {
      const [id, closed] = [log.conversation(), log.conversation({ isClosed: true })];
      const stranger = newId<UserId>();

      expect(
        await codes(
          [message(id), log.alice],
          [message(closed), log.alice],
          [message(id), stranger],
          [message(newId<ConversationId>()), log.alice],
          [reaction(id, newId<EntryId>()), log.alice],
          [message(id), log.bob],
        ),
      ).toEqual([
        'ok',
        'conversation_closed',
        'conversation_not_found',
        'conversation_not_found',
        'target_not_found',
        'ok',
      ]);
    });

    it('lets readers react, take it back, and nothing else', async () => {
      const id = log.conversation({ kind: 'channel', roles: { [log.alice]: 'moderator', [log.bob]: 'reader' } });
      const target = message(id);
      await append(target);
      const edit: AppendEntry = { ...message(id), kind: 'edit', body: { target: target.id, text: 'mine now' } };
      const deletion: AppendEntry = { ...message(id), kind: 'deletion', body: { target: target.id } };

      expect(
        await codes([reaction(id, target.id), log.bob], [message(id), log.bob], [edit, log.bob], [deletion, log.bob]),
      ).toEqual(['ok', 'may_not_write', 'may_not_write', 'may_not_write']);
    });

    it('lets moderators delete what others wrote', async () => {
      const id = log.conversation({ roles: { [log.alice]: 'moderator', [log.bob]: 'writer' } });
      const [mine, theirs] = [message(id), message(id)];
      await run([mine, log.alice], [theirs, log.bob]);
      const deletion = (target: EntryId): AppendEntry => ({ ...message(id), kind: 'deletion', body: { target } });

      expect(await codes([deletion(theirs.id), log.alice], [deletion(mine.id), log.bob])).toEqual([
        'ok',
        'not_your_entry',
      ]);
    });

    it('fails only those whose key is broken', async () => {
      const [id, broken] = [log.conversation(), log.conversation()];
      const keysFor = log.envelope.keysFor.bind(log.envelope);
      log.envelope.keysFor = async (scopes) => {
        if (scopes.some((scope) => scope.id === broken)) throw new AppError('internal', 'decrypt_failed');
        return keysFor(scopes);
      };

      expect(await codes([message(broken), log.alice], [message(id), log.alice])).toEqual(['decrypt_failed', 'ok']);
    });
  });

  describe('when the rules changed after they were looked up', () => {
    it('decides anew: who is out may not, who is in may, and the rest goes on', async () => {
      const [id, other] = [log.conversation(), log.conversation()];
      const carol = newId<UserId>();
      await run([message(id), log.alice], [message(id), log.bob], [message(other), log.alice]);
      log.change(id, ({ members }) => {
        members.splice(0, 1);
        members.push({ userId: carol, role: 'writer', joinedSeq: 3 });
      });

      const before = log.store.commits.length;
      const outcome = await codes(
        [message(id), log.alice],
        [message(id), log.bob],
        [message(id), carol],
        [message(other), log.alice],
      );

      expect(outcome).toEqual(['conversation_not_found', 'ok', 'ok', 'ok']);
      expect(log.store.commits.length - before).toBe(1);
    });

    it('lets who was refused before and may now', async () => {
      const id = log.conversation({ roles: { [log.alice]: 'reader' } });
      expect(await codes([message(id), log.alice])).toEqual(['may_not_write']);

      log.change(id, ({ members }) => members.forEach((member) => (member.role = 'writer')));

      expect(await codes([message(id), log.alice])).toEqual(['ok']);
    });

    it('gives up with something retryable when they change all the time', async () => {
      const id = log.conversation();
      const commit = log.store.commit.bind(log.store);
      log.store.commit = (organizationId, drafts) => {
        log.change(id, () => undefined);
        return commit(organizationId, drafts);
      };

      const [result] = await run([message(id), log.alice]);

      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'overloaded', retryable: true } });
    });
  });

  it('fails as a whole when the store does', async () => {
    const id = log.conversation();
    log.store.commit = () => Promise.reject(new AppError('unavailable', 'outcome_unknown'));

    expect(await codes([message(id), log.alice], [message(id), log.bob])).toEqual([
      'outcome_unknown',
      'outcome_unknown',
    ]);
  });

  it('keeps organizations apart, even where ids are the same', async () => {
    const theirs = newId<OrganizationId>();
    const id = log.conversation({ organizationId: theirs });
    const { append: own, answer } = wish(message(id), log.alice);
    await batch.run(theirs, [own]);
    await answer;

    expect(await codes([message(id), log.alice])).toEqual(['conversation_not_found']);
  });
});
