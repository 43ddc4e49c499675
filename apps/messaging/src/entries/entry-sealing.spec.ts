import type { Entry } from '@relais/contracts';
import { type ConversationId, type DeviceId, type EntryId, newId } from '@relais/kernel';
import { MemoryLog } from '../../test/memory-log.js';
import { openEntries, scopeOf, sealBody } from './entry-sealing.js';
import type { StoredEntry } from './entry-store.js';

describe('reading what was sealed', () => {
  const conversationId = newId<ConversationId>();
  let log: MemoryLog;

  beforeEach(async () => {
    log = await MemoryLog.open();
  });
  afterEach(() => log.close());

  async function stored(seq: number, kind: Entry['kind'], body: unknown, more: Partial<StoredEntry> = {}) {
    const key = await log.envelope.keyFor(scopeOf(log.organizationId, conversationId));
    const id = newId<EntryId>();
    return {
      ...{ conversationId, id, seq, kind, senderId: log.alice, senderDeviceId: newId<DeviceId>() },
      ...{ recordedAt: log.clock.now(), body: sealBody(key, conversationId, id, body), ...more },
    };
  }
  const read = async (...entries: StoredEntry[]) =>
    (await openEntries(log.envelope, log.organizationId, entries, log.clock.now())).map(({ seq, body }) => [seq, body]);

  it('gives what was written, as long as it lasts', async () => {
    const entry = await stored(
      1,
      'message',
      { text: 'hello' },
      { expiresAt: new Date(log.clock.now().getTime() + 1_000) },
    );

    expect(await read(entry)).toEqual([[1, { text: 'hello' }]]);
    log.clock.advance(1_000);
    expect(await read(entry)).toEqual([[1, null]]);
  });

  it.each([
    ['in another conversation', (entry: StoredEntry) => ({ ...entry, conversationId: newId<ConversationId>() })],
    ['under another id', (entry: StoredEntry) => ({ ...entry, id: newId<EntryId>() })],
    ['with other bytes', (entry: StoredEntry) => ({ ...entry, body: Buffer.from(entry.body ?? []).fill(7, 40) })],
    ['that was never sealed', (entry: StoredEntry) => ({ ...entry, body: Buffer.from('{"text":"forged"}') })],
  ])('does not give a row %s, and hides no other for it', async (_, change) => {
    const [bad, good] = [await stored(1, 'message', { text: 'bad' }), await stored(2, 'message', { text: 'good' })];

    expect(await read(change(bad), good)).toEqual([[1, null], [2, { text: 'good' }]]); // prettier-ignore
  });

  it('shows messages and edits as gone whose key was destroyed, and leaves out what says nothing without its content', async () => {
    const target = newId<EntryId>();
    const entries = [
      await stored(1, 'membership', { change: 'added', userIds: [log.alice] }),
      await stored(2, 'message', { text: 'hello' }),
      await stored(3, 'edit', { target, text: 'hello, better' }),
      await stored(4, 'reaction', { target, emoji: '👍' }),
    ];
    await log.envelope.destroy(log.organizationId, { kind: 'conversation', id: conversationId });

    expect(await read(...entries, await stored(5, 'message', { text: 'after' }))).toEqual([
      [2, null],
      [3, null],
      [5, { text: 'after' }],
    ]);
  });

  it('fails, instead of showing everything as gone, when the keys cannot be had now', async () => {
    const entry = await stored(1, 'message', { text: 'hello' });
    log.envelope.opener = () => Promise.reject(new Error('keystore is away'));

    await expect(read(entry)).rejects.toThrow('keystore is away');
  });
});
