import type { Entry } from '@relais/contracts';
import { type ConversationId, type DeviceId, newId, type SessionId, type UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { MemoryLog } from '../../test/memory-log.js';
import { scopeOf, sealBody } from './entry-sealing.js';
import { ListEntriesHandler } from './list-entries.js';
import { SyncEntriesHandler } from './sync-entries.js';

describe('reading a log', () => {
  let log: MemoryLog;
  let lister: ListEntriesHandler;
  let syncer: SyncEntriesHandler;

  beforeEach(async () => {
    log = await MemoryLog.open();
    lister = new ListEntriesHandler(log.store, log.envelope, log.clock);
    syncer = new SyncEntriesHandler(log.store, log.envelope, log.clock);
  });
  afterEach(() => log.close());

  const as = (userId: UserId): Principal => ({
    ...{ userId, organizationId: log.organizationId, deviceId: newId<DeviceId>(), sessionId: newId<SessionId>() },
    ...{ roles: ['member'], amr: [], authenticatedAtMs: 0, isLimited: false, keyThumbprint: '', epoch: 0 },
    ...{ expiresAtMs: 0, token: '' },
  });

  async function filled(count: number, text: string, kind: Entry['kind'] = 'message'): Promise<ConversationId> {
    const id = log.conversation();
    const key = await log.envelope.keyFor(scopeOf(log.organizationId, id));
    for (let seq = 1; seq <= count; seq++) {
      const entryId = newId<never>();
      log.of(id).log.push({
        ...{ conversationId: id, id: entryId, seq, kind, senderId: log.alice, senderDeviceId: newId<DeviceId>() },
        ...{ recordedAt: log.clock.now(), body: sealBody(key, id, entryId, { text }) },
      });
    }
    return id;
  }

  async function syncAll(heads = new Map<ConversationId, number>()) {
    const seen = new Map<ConversationId, number[]>();
    for (let rounds = 1; ; rounds++) {
      const { changed, more } = await syncer.execute({ heads: [...heads] }, as(log.alice));
      for (const { conversationId, entries, upTo } of changed) {
        expect(upTo).toBeGreaterThan(heads.get(conversationId) ?? 0);
        seen.set(conversationId, [...(seen.get(conversationId) ?? []), ...entries.map(({ seq }) => seq)]);
        heads.set(conversationId, upTo);
      }
      if (!more) return { rounds, seen };
    }
  }
  const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

  it('syncs what does not fit into one answer in several, without gap or double', async () => {
    const ids = [await filled(30, 'x'.repeat(30_000)), await filled(30, 'y'.repeat(30_000)), await filled(3, 'z')];

    const { rounds, seen } = await syncAll();

    expect(rounds).toBeGreaterThan(2);
    expect(ids.map((id) => seen.get(id))).toEqual([upTo(30), upTo(30), upTo(3)]);
  });

  it('syncs a great many conversations', async () => {
    const ids = [];
    for (let index = 0; index < 230; index++) ids.push(await filled(2, 'x'));

    const { seen } = await syncAll();

    expect(ids.map((id) => seen.get(id))).toEqual(ids.map(() => [1, 2]));
  });

  it('goes on behind lines that are left out, wherever they stand', async () => {
    const id = await filled(3, 'hello');
    const stored = log.of(id).log;
    const forged = { body: Buffer.from('forged'), kind: 'membership' as const };
    stored.push({ ...(stored[0] as (typeof stored)[number]), id: newId<never>(), seq: 4, ...forged });

    const { rounds, seen } = await syncAll(new Map([[id, 0]]));
    const page = await lister.execute({ conversationId: id, after: 3, limit: 1 }, as(log.bob));

    expect([rounds, seen.get(id)]).toEqual([1, [1, 2, 3]]);
    expect(page).toEqual({ entries: [], head: 4, upTo: 4 });
  });

  it('lists what does not fit from the asked end on', async () => {
    const id = await filled(40, 'x'.repeat(30_000));
    const list = async (more: { after?: number; before?: number }) => {
      const {
        entries,
        upTo: reached,
        head,
      } = await lister.execute({ conversationId: id, limit: 40, ...more }, as(log.bob));
      return { first: entries[0]?.seq, last: entries.at(-1)?.seq, reached, head };
    };

    const forwards = await list({ after: 10 });
    expect(forwards).toMatchObject({ first: 11, reached: forwards.last, head: 40 });
    expect(forwards.last).toBeLessThan(40);
    expect(await list({})).toMatchObject({ last: 40 });
    expect((await list({})).first).toBeGreaterThan(10);
  });
});
