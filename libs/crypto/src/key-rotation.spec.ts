import { newId, type OrganizationId, SystemClock } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { TestKekFile } from '@relais/testing';
import { Envelope } from './envelope.js';
import { until } from './until.contract.js';
import { FileKeyProvider } from './key-provider.file.js';
import { KeyRotation } from './key-rotation.js';
import { MemoryKeyStore } from './key-store.memory.js';

let file: TestKekFile;
let provider: FileKeyProvider;
let isRunning: boolean;
let store: MemoryKeyStore;
const place = ['entry', 'body'];
const scopeOf = (organizationId: OrganizationId) => ({
  organizationId,
  kind: 'conversation',
  id: newId<string>(),
  retentionClass: 'standard',
});
const anEnvelope = () => new Envelope({ provider, store, clock: new SystemClock() });

beforeEach(async () => {
  file = await TestKekFile.create();
  provider = await FileKeyProvider.open(file.path, silentLog, 10);
  store = new MemoryKeyStore();
});
afterEach(async () => {
  isRunning = false;
  provider.close();
  await file.remove();
});

const untilActive = (version: number) => until(async () => (await provider.activeVersion()) === version);

describe('KEK rotation', () => {
  it('goes on sealing and opening while the KEK is rotated and the old one is dropped', async () => {
    const rotation = new KeyRotation(provider, store, silentLog);
    const organizations = Array.from({ length: 3 }, () => newId<OrganizationId>());
    const sealed: { organizationId: OrganizationId; bytes: Buffer }[] = [];
    isRunning = true;
    const traffic = (async () => {
      while (isRunning) {
        const organizationId = organizations[sealed.length % 3] as OrganizationId;
        const envelope = anEnvelope();
        const bytes = (await envelope.keyFor(scopeOf(organizationId))).seal(place, 'on my way');
        sealed.push({ organizationId, bytes });
        const any = sealed[Math.floor(Math.random() * sealed.length)] as (typeof sealed)[number];
        expect((await anEnvelope().open(any.organizationId, place, any.bytes)).toString()).toBe('on my way');
        envelope.close();
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    traffic.catch(() => undefined);

    await until(() => sealed.length >= 50);
    await file.rotate(2);
    await untilActive(2);
    const { rewrapped, failed } = await rotation.rewrapAll({ batchSize: 7 });
    await until(() => sealed.length >= 150);
    await rotation.rewrapAll({ batchSize: 7 });
    const left = await rotation.countOutdated();
    await file.drop(1);
    await provider.health();
    await until(() => sealed.length >= 200);
    isRunning = false;
    await traffic;

    expect(rewrapped).toBeGreaterThanOrEqual(50);
    expect([failed, left]).toEqual([0, 0]);
    for (const { organizationId, bytes } of sealed) {
      expect((await anEnvelope().open(organizationId, place, bytes)).toString()).toBe('on my way');
    }
  });

  it('goes on where it was stopped, and finds nothing to do afterwards', async () => {
    const organizationId = newId<OrganizationId>();
    await anEnvelope().keysFor(Array.from({ length: 10 }, () => scopeOf(organizationId)));
    await file.rotate(2);
    await untilActive(2);
    const stopping = new AbortController();
    const stopsAfter = (count: number) =>
      new KeyRotation(
        provider,
        new (class extends MemoryKeyStore {
          private done = 0;
          override organizations = store.organizations.bind(store);
          override outdated = store.outdated.bind(store);
          override rewrap: MemoryKeyStore['rewrap'] = async (...change) => {
            if (++this.done === count) stopping.abort();
            return store.rewrap(...change);
          };
        })(),
        silentLog,
      );

    const first = await stopsAfter(4).rewrapAll({ batchSize: 3, signal: stopping.signal });
    const rotation = new KeyRotation(provider, store, silentLog);
    const counts = [first, await rotation.rewrapAll({ batchSize: 3 }), await rotation.rewrapAll({ batchSize: 3 })];

    expect(counts.map(({ rewrapped }) => rewrapped)).toEqual([4, 6, 0]);
  });

  it('passes over a key it cannot open, and says so', async () => {
    const organizationId = newId<OrganizationId>();
    const [broken] = await anEnvelope().keysFor([scopeOf(organizationId), scopeOf(organizationId)]);
    const [stored] = await store.findByIds(organizationId, [broken?.id as string]);
    if (!stored?.wrapped) throw new Error('the key is not there');
    await store.rewrap(organizationId, stored.id, stored, { kekVersion: 1, wrapped: Buffer.from('broken') });
    await file.rotate(2);
    await untilActive(2);
    const rotation = new KeyRotation(provider, store, silentLog);

    expect(await rotation.rewrapAll({ batchSize: 1 })).toEqual({ rewrapped: 1, failed: 1 });
    expect(await rotation.countOutdated()).toBe(1);
  });
});
