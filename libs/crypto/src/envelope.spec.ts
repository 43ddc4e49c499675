import { AppError, type Clock, newId, type OrganizationId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { TestKekFile } from '@relais/testing';
import { DataKeyCache } from './data-key-cache.js';
import { Envelope } from './envelope.js';
import { CONTENT_DESTROYED } from './errors.js';
import { FileKeyProvider } from './key-provider.file.js';
import { type KeyScope, type KeySlot } from './key-store.js';
import { MemoryKeyStore } from './key-store.memory.js';

/** Counts the round trips, and can be out of order. */
class CountingKeyStore extends MemoryKeyStore {
  reads = 0;
  isDown = false;

  override async find(organizationId: OrganizationId, slots: readonly KeySlot[]) {
    this.read();
    return super.find(organizationId, slots);
  }

  override async findByIds(organizationId: OrganizationId, ids: readonly string[]) {
    this.read();
    return super.findByIds(organizationId, ids);
  }

  private read(): void {
    this.reads += 1;
    if (this.isDown) throw new AppError('unavailable', 'database_unavailable');
  }
}

const organizationId = newId<OrganizationId>();
const aScope = (overrides: Partial<KeyScope> = {}): KeyScope => ({
  organizationId,
  kind: 'conversation',
  id: newId(),
  retentionClass: 'standard',
  ...overrides,
});
const place = ['entry', newId<string>()];

let file: TestKekFile;
let provider: FileKeyProvider;
let store: CountingKeyStore;
let now: Date;
const envelopes: Envelope[] = [];
const clock: Clock = { now: () => now };
/** An envelope as on another replica: the same keystore, nothing cached. */
const anEnvelope = () => {
  const envelope = new Envelope({ provider, store, clock, cache: new DataKeyCache() });
  envelopes.push(envelope);
  return envelope;
};

beforeEach(async () => {
  file = await TestKekFile.create();
  provider = await FileKeyProvider.open(file.path, silentLog, 60_000);
  store = new CountingKeyStore();
  now = new Date('2026-11-23T12:00:00Z');
});
afterEach(async () => {
  envelopes.splice(0).forEach((envelope) => envelope.close());
  provider.close();
  await file.remove();
});

describe('envelope encryption', () => {
  it('opens on one replica what another sealed', async () => {
    const key = await anEnvelope().keyFor(aScope());
    const sealed = key.seal(place, 'on my way');

    expect((await anEnvelope().open(organizationId, place, sealed)).toString()).toBe('on my way');
  });

  it('uses one key per scope and month', async () => {
    const envelope = anEnvelope();
    const scope = aScope();
    const scopes = [scope, { ...scope, retentionClass: 'short' }, { ...scope, kind: 'profile' }, aScope()];
    const november = await envelope.keysFor([...scopes, ...scopes]);
    now = new Date('2026-12-01T00:00:00Z');
    const december = await envelope.keysFor(scopes);

    expect(new Set([...november, ...december].map((key) => key.id)).size).toBe(8);
    expect(november.slice(0, 4)).toEqual(november.slice(4));
  });

  it('agrees on one key with everybody who needs the first one at the same time', async () => {
    const scope = aScope();

    const keys = await Promise.all(Array.from({ length: 10 }, () => anEnvelope().keyFor(scope)));

    expect(new Set(keys.map((key) => key.id)).size).toBe(1);
  });

  it('asks the keystore once for a batch, once for many who ask at the same time, and not at all when cached', async () => {
    const envelope = anEnvelope();
    const scopes = Array.from({ length: 20 }, () => aScope());
    await anEnvelope().keysFor(scopes);
    store.reads = 0;

    await Promise.all([envelope.keysFor(scopes), envelope.keysFor(scopes), envelope.keyFor(scopes[0] as KeyScope)]);
    await envelope.keysFor(scopes);

    expect(store.reads).toBe(1);
  });

  it('opens a page of many keys with one question to the keystore', async () => {
    const keys = await anEnvelope().keysFor(Array.from({ length: 20 }, () => aScope()));
    const page = keys.map((key, index) => key.seal([...place, String(index)], `line ${index}`));
    const envelope = anEnvelope();
    store.reads = 0;

    const opener = await envelope.opener(organizationId, page);

    const texts = page.map((sealed, index) => opener.open([...place, String(index)], sealed).toString());
    expect(texts).toEqual(page.map((_, index) => `line ${index}`));
    expect(store.reads).toBe(1);
  });

  it('keeps the organizations of a batch apart', async () => {
    const theirs = newId<OrganizationId>();
    const id = newId<string>();
    const [mine, other] = await anEnvelope().keysFor([aScope({ id }), aScope({ id, organizationId: theirs })]);
    const sealed = mine?.seal(place, 'ours') as Buffer;

    expect(mine?.id).not.toBe(other?.id);
    await expect(anEnvelope().open(theirs, place, sealed)).rejects.toMatchObject({ code: 'decrypt_failed' });
  });

  it.each([
    ['swapped with another row', (own: Buffer, other: Buffer) => (own.equals(other) ? own : other)],
    ['cut short', (own: Buffer) => own.subarray(0, 30)],
    ['never sealed', () => Buffer.from('plaintext that was never sealed by anyone, anywhere')],
    ['empty', () => Buffer.alloc(0)],
    [
      'sealed with a key nobody knows',
      (own: Buffer) => Buffer.concat([own.subarray(0, 1), Buffer.alloc(16, 7), own.subarray(17)]),
    ],
  ])('fails for a row that was %s, and opens its neighbours', async (_, change) => {
    const key = await anEnvelope().keyFor(aScope());
    const [own, other] = [key.seal(['entry', '1'], 'one'), key.seal(['entry', '2'], 'two')];
    const changed = change(own, other);

    const opener = await anEnvelope().opener(organizationId, [changed, other]);

    expect(() => opener.open(['entry', '1'], changed)).toThrow(
      expect.objectContaining({ kind: 'internal', code: 'decrypt_failed', message: 'decrypt_failed' }),
    );
    expect(opener.open(['entry', '2'], other).toString()).toBe('two');
  });

  it('opens the rest of a page when the key of one row is damaged', async () => {
    const [damaged, whole] = await anEnvelope().keysFor([aScope(), aScope()]);
    const page = [damaged, whole].map((key) => key?.seal(place, 'on my way') as Buffer) as [Buffer, Buffer];
    const [stored] = await store.findByIds(organizationId, [damaged?.id as string]);
    if (!stored?.wrapped) throw new Error('the key is not there');
    await store.rewrap(organizationId, stored.id, stored, { kekVersion: 1, wrapped: Buffer.from('damaged') });

    const opener = await anEnvelope().opener(organizationId, page);

    expect(() => opener.open(place, page[0])).toThrow(expect.objectContaining({ code: 'decrypt_failed' }));
    expect(opener.open(place, page[1]).toString()).toBe('on my way');
  });

  it('tells content whose key was destroyed from content that does not open', async () => {
    const envelope = anEnvelope();
    const scope = aScope();
    const key = await envelope.keyFor(scope);
    const sealed = key.seal(place, 'on my way');
    const kept = (await envelope.keyFor(aScope())).seal(place, 'still here');

    expect(await envelope.destroy(organizationId, { kind: scope.kind, id: scope.id })).toBe(1);

    for (const reader of [envelope, anEnvelope()]) {
      expect(await reader.open(organizationId, place, sealed)).toBe(CONTENT_DESTROYED);
      expect((await reader.open(organizationId, place, kept)).toString()).toBe('still here');
    }
    expect(() => key.open(place, sealed)).toThrow(expect.objectContaining({ code: 'data_key_expired' }));
  });

  it('destroys past months of a scope and goes on in the present one', async () => {
    const envelope = anEnvelope();
    const scope = aScope();
    const old = (await envelope.keyFor(scope)).seal(place, 'november');
    now = new Date('2026-12-05T00:00:00Z');
    const recent = (await envelope.keyFor(scope)).seal(place, 'december');

    await envelope.destroy(organizationId, { kind: scope.kind, id: scope.id, endedBy: '2026-12-01' });

    expect(await envelope.open(organizationId, place, old)).toBe(CONTENT_DESTROYED);
    expect((await envelope.open(organizationId, place, recent)).toString()).toBe('december');
  });

  it('makes another key after as many days as a scope wants, which share no slot with months', async () => {
    const envelope = anEnvelope();
    const scope = aScope();
    const idOn = async (day: string, keyDays?: number) => {
      now = new Date(day);
      return (await envelope.keyFor({ ...scope, keyDays })).id;
    };

    const [first, second] = [await idOn('2026-11-26T00:00:00Z', 7), await idOn('2026-12-02T23:59:59Z', 7)];
    const others = [
      ...[await idOn('2026-11-25T23:59:59Z', 7), await idOn('2026-12-03T00:00:00Z', 7)],
      ...[await idOn('2026-12-02T12:00:00Z', 1), await idOn('2026-12-02T12:00:00Z')],
    ];

    expect(second).toBe(first);
    expect(new Set([first, ...others]).size).toBe(5);
  });

  it('destroys keys of a kind whose period is over, of all scopes, and none that may still seal', async () => {
    const envelope = anEnvelope();
    const scope = aScope({ kind: 'message', keyDays: 7 });
    now = new Date('2026-11-26T00:00:00Z');
    const old = (await envelope.keyFor(scope)).seal(place, 'over');
    const month = (await envelope.keyFor(aScope({ kind: 'message' }))).seal(place, 'of november');
    const other = (await envelope.keyFor(aScope({ keyDays: 7 }))).seal(place, 'of another kind');
    now = new Date('2026-12-03T00:00:00Z');
    const recent = (await envelope.keyFor(scope)).seal(place, 'december');

    expect(await envelope.countEnded(organizationId, 'message', '2026-12-01')).toBe(1);
    expect(await envelope.destroyEnded(organizationId, 'message', '2026-12-01')).toBe(1);
    expect(await envelope.destroyEnded(organizationId, 'message', '2026-12-03')).toBe(1);

    const texts = [old, month, other, recent].map(async (one) =>
      String(await envelope.open(organizationId, place, one)),
    );
    expect(await Promise.all(texts)).toEqual([CONTENT_DESTROYED, CONTENT_DESTROYED, 'of another kind', 'december']);
  });

  it('destroys everything of one organization and nothing of another', async () => {
    const envelope = anEnvelope();
    const theirs = newId<OrganizationId>();
    const [mine, other] = await envelope.keysFor([aScope(), aScope({ organizationId: theirs })]);
    const [sealed, kept] = [mine?.seal(place, 'mine') as Buffer, other?.seal(place, 'theirs') as Buffer];

    expect(await envelope.destroyOrganization(organizationId)).toBe(1);

    expect(await envelope.open(organizationId, place, sealed)).toBe(CONTENT_DESTROYED);
    expect((await envelope.open(theirs, place, kept)).toString()).toBe('theirs');
  });

  it('goes on with cached keys while the keystore is away, fails for others, and recovers', async () => {
    const envelope = anEnvelope();
    const cached = aScope();
    const sealed = (await envelope.keyFor(cached)).seal(place, 'before');
    store.isDown = true;

    expect((await envelope.open(organizationId, place, sealed)).toString()).toBe('before');
    expect((await envelope.keyFor(cached)).seal(place, 'during')).toBeInstanceOf(Buffer);
    await expect(envelope.keyFor(aScope())).rejects.toMatchObject({ code: 'database_unavailable' });
    store.isDown = false;
    await expect(envelope.keyFor(aScope())).resolves.toBeDefined();
  });
});
