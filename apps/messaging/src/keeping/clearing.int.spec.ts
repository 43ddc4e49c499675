import { CONTENT_DESTROYED, Envelope, FileKeyProvider, MemoryKeyStore } from '@relais/crypto';
import { Database, withOrganization } from '@relais/database';
import { type ConversationId, type EntryId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { TestKekFile } from '@relais/testing';
import { age, expiryJob, keep } from '../../test/keeping.js';
import { type MessagingDatabase, messagingDatabase } from '../../test/messaging-database.js';
import { aConversation, people, seal } from '../../test/people.js';
import { PostgresConversationStore } from '../conversations/conversation-store.postgres.js';
import { saidScopeOf, sealBody } from '../entries/entry-sealing.js';
import type { Draft } from '../entries/entry-store.js';
import { PostgresEntryStore } from '../entries/entry-store.postgres.js';
import { countOlder } from './keeping-rows.postgres.js';

const DAY_MS = 86_400_000;

describe('what is older than an organization keeps (A-61)', () => {
  let organizationId: OrganizationId;
  let database: MessagingDatabase;
  let log: PostgresEntryStore;
  let id: ConversationId;
  let alice: UserId;

  beforeAll(async () => {
    database = await messagingDatabase();
    log = new PostgresEntryStore(database.db, 5_000);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    organizationId = newId<OrganizationId>();
    [alice] = people(1) as [UserId];
    id = await made();
  });

  async function made(): Promise<ConversationId> {
    const conversation = aConversation('group', [alice]);
    await new PostgresConversationStore(database.db).create(organizationId, conversation, seal);
    return conversation.id;
  }

  async function say(...drafts: Partial<Draft>[]): Promise<EntryId[]> {
    const conversationId = drafts[0]?.conversationId ?? id;
    const [standing] = await log.standings(organizationId, [{ conversationId, userId: alice }]);
    const all = drafts.map((draft): Draft => ({
      ...{ conversationId, id: newId<EntryId>(), kind: 'message', senderId: alice, senderDeviceId: newId() },
      ...{ rulesVersion: standing?.rulesVersion ?? 0, isModerator: true, body: Buffer.from('canary of this test') },
      ...{ ttlSeconds: 0, mentions: [], notify: [], notifyAll: true },
      ...draft,
    }));
    expect(await log.commit(organizationId, all)).toMatchObject({ outcome: 'committed' });
    return all.map((draft) => draft.id);
  }

  const run = (envelope?: Envelope) => expiryJob(database.db, envelope).runOnce();
  const rows = <Row>(sql: string): Promise<Row[]> =>
    withOrganization(database.db, organizationId, (tx) => tx.query(sql, [organizationId]));
  /** The numbers of the entries that have content on the disk. */
  const onDisk = async () =>
    (
      await rows<{ seq: string }>(
        'SELECT e.seq FROM entry e WHERE e.organization_id = $1 AND e.body IS NOT NULL ORDER BY e.seq',
      )
    ).map(({ seq }) => Number(seq));
  const facts = async () =>
    (
      await rows<{ fact: object }>(
        `SELECT o.data AS fact FROM outbox o WHERE o.data ->> 'organizationId' = $1::text AND o.data ->> 'action' = 'data-keys.destroyed'`,
      )
    ).map(({ fact }) => fact);

  it('is cleared with what changes it; what is younger, and what nobody said, stays', async () => {
    const [first] = await say({}, {});
    await say({ kind: 'edit', targetId: first }, { kind: 'reaction', targetId: first });
    await age(database.db, organizationId, id, 30, 1);
    await age(database.db, organizationId, id, 30, 2);
    await keep(database.db, organizationId, { keepDays: 30 });

    await Promise.all([run(), run()]);

    expect(await onDisk()).toEqual([1, 3]);
    expect(await rows('SELECT 1 FROM entry e WHERE e.organization_id = $1 AND e.cleared_at IS NOT NULL')).toHaveLength(
      3,
    );
  });

  it('stays on the disk for twelve hours after a shorter period was said, and not after a longer one', async () => {
    await say({});
    await age(database.db, organizationId, id, 40);
    await keep(database.db, organizationId, { keepDays: 60 });
    await keep(database.db, organizationId, { keepDays: 30 }, 'now');
    await run();
    expect(await onDisk()).toEqual([1, 2]);

    await keep(database.db, organizationId, { keepDays: 30 });
    await keep(database.db, organizationId, { keepDays: 35 }, 'now');
    await run();

    expect(await onDisk()).toEqual([1]);
  });

  it('is cleared in batches by several replicas while people go on writing and deleting', async () => {
    const ids = [];
    for (let batch = 0; batch < 6; batch++) ids.push(...(await say(...Array.from({ length: 250 }, () => ({})))));
    await age(database.db, organizationId, id, 31);
    await keep(database.db, organizationId, { keepDays: 30 });
    const writing = Array.from({ length: 20 }, () => say({ mentions: [alice] }));

    await Promise.all([run(), run(), run(), ...writing]);
    await run();

    expect(await onDisk()).toEqual([1, ...Array.from({ length: 20 }, (_, index) => 1_502 + index)]);
  });

  it('touches nothing of an organization that says nothing, nor of another one', async () => {
    await say({});
    await age(database.db, organizationId, id, 400);
    await keep(database.db, newId<OrganizationId>(), { keepDays: 1 });
    await run();
    expect(await onDisk()).toEqual([1, 2]);

    await keep(database.db, organizationId, { keepDays: null, keyDays: 1 });
    await run();

    expect(await onDisk()).toEqual([1, 2]);
  });

  it('is counted before it is said: messages that can be read now, in how many conversations', async () => {
    const other = await made();
    const [first] = await say({}, {}, { ttlSeconds: 5 });
    await say({ kind: 'reaction', targetId: first });
    await say({ conversationId: other });
    await age(database.db, organizationId, id, 20);
    await age(database.db, organizationId, other, 50);
    const older = (keepDays: number, limit = 100) =>
      new Database(database.db).within(organizationId, (tx) => countOlder(tx, organizationId, keepDays, limit));

    expect(await older(60)).toEqual({ messages: 0, conversations: 0 });
    expect(await older(30)).toEqual({ messages: 1, conversations: 1 });
    expect(await older(10)).toEqual({ messages: 4, conversations: 2 });
    expect(await older(10, 3)).toMatchObject({ messages: 3 });
    await keep(database.db, organizationId, { keepDays: 40 });
    expect(await older(10)).toEqual({ messages: 3, conversations: 1 });
  });

  describe('takes with it the keys', () => {
    let now: Date;
    const store = new MemoryKeyStore();
    let file: TestKekFile;
    let provider: FileKeyProvider;
    let envelope: Envelope;
    beforeAll(async () => {
      file = await TestKekFile.create();
      provider = await FileKeyProvider.open(file.path, silentLog);
      envelope = new Envelope({ provider, store, clock: { now: () => now } });
    });
    afterAll(async () => {
      envelope.close();
      provider.close();
      await file.remove();
    });

    /** Says something so many days ago, sealed with the key of that day. */
    async function saidBefore(days: number, keyDays = 7): Promise<() => Promise<unknown>> {
      now = new Date(Date.now() - days * DAY_MS);
      const key = await envelope.keyFor(saidScopeOf(organizationId, id, keyDays));
      const entryId = newId<EntryId>();
      const body = sealBody(key, id, entryId, { text: 'canary' });
      await say({ id: entryId, body });
      const [entry] = await log.find(organizationId, [{ conversationId: id, id: entryId }]);
      await age(database.db, organizationId, id, days, entry?.seq);
      return () => envelope.open(organizationId, ['entry.body', id, entryId], body);
    }

    it('that sealed nothing else, with a fact, once; keys that seal what is kept, and of titles, stay', async () => {
      const [old, older] = [await saidBefore(60), await saidBefore(90)];
      const young = await saidBefore(20);
      const title = (await envelope.keyFor({ organizationId, kind: 'conversation', id, retentionClass: 'default' })).id;
      await keep(database.db, organizationId, { keepDays: 30, keyDays: 7 });

      await Promise.all([run(envelope), run(envelope)]);
      await run(envelope);

      expect(await Promise.all([old(), older()])).toEqual([CONTENT_DESTROYED, CONTENT_DESTROYED]);
      expect(String(await young())).toContain('canary');
      expect(await store.findByIds(organizationId, [title])).not.toEqual([{ id: title, wrapped: null }]);
      expect(await facts()).toMatchObject([
        { actor: { kind: 'retention' }, object: { kind: 'organization', id: organizationId }, after: { keys: 2 } },
      ]);
    });

    it('not while a key may seal something that is kept: whose period is not over for a day, or not off the disk', async () => {
      const ended = await saidBefore(31, 1);
      const locked = await saidBefore(90);
      await keep(database.db, organizationId, { keepDays: 30 });
      const mayEnd = Promise.withResolvers<void>();
      const isLocked = Promise.withResolvers<void>();
      const holding = withOrganization(database.db, organizationId, async (tx) => {
        await tx.query('SELECT 1 FROM entry e WHERE e.organization_id = $1 AND e.kind = $2 FOR UPDATE', [
          ...[organizationId, 'message'],
        ]);
        isLocked.resolve();
        await mayEnd.promise;
      });
      await isLocked.promise;

      await run(envelope);
      expect(String(await locked())).toContain('canary');
      mayEnd.resolve();
      await holding;
      await run(envelope);

      expect(await locked()).toBe(CONTENT_DESTROYED);
      expect(String(await ended())).toContain('canary');
    });

    it('not where a shorter period was said a moment ago, nor where messages stay', async () => {
      const old = await saidBefore(90);
      await keep(database.db, organizationId, { keepDays: 30 }, 'now');
      await run(envelope);
      await keep(database.db, organizationId, { keepDays: null });
      await run(envelope);

      expect(String(await old())).toContain('canary');
      expect(await facts()).toEqual([]);
    });

    it('when the keystore is back, where it was away', async () => {
      const old = await saidBefore(90);
      await keep(database.db, organizationId, { keepDays: 30 });
      const away = { countEnded: async () => 1, destroyEnded: () => Promise.reject(new Error('away')) };
      await expect(expiryJob(database.db, away).runOnce()).rejects.toMatchObject({ cause: { message: 'away' } });

      await run(envelope);

      expect(await old()).toBe(CONTENT_DESTROYED);
    });

    it('and holds up no other organization where they could not be destroyed', async () => {
      const both = [organizationId, newId<OrganizationId>()] as const;
      for (organizationId of both) {
        id = await made();
        await saidBefore(90);
        await keep(database.db, organizationId, { keepDays: 30 });
      }
      const away = { countEnded: () => Promise.reject(new Error('away')), destroyEnded: async () => 0 };
      await expect(expiryJob(database.db, away).runOnce()).rejects.toThrow();

      for (organizationId of both) expect(await onDisk()).not.toContain(2);
    });
  });
});
