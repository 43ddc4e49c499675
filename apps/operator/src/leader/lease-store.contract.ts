import type { Lease, LeaseStore, NewLease } from './lease-store.js';

const lease = (holder: string): NewLease => ({
  holder,
  durationSeconds: 15,
  acquiredAt: new Date('2026-11-27T10:00:00.123Z'),
  renewedAt: new Date('2026-11-27T10:00:01.456Z'),
  transitions: 0,
});

/** What every LeaseStore promises. */
export function leaseStoreContract(make: () => Promise<{ store: LeaseStore; remove(): Promise<void> | void }>): void {
  let store: LeaseStore;
  let remove: () => Promise<void> | void;
  beforeEach(async () => {
    ({ store, remove } = await make());
  });

  it('knows no lease at first, and then the one that was made', async () => {
    expect(await store.read()).toBeNull();
    const made = await store.create(lease('a'));

    expect(made).toMatchObject(lease('a'));
    expect(await store.read()).toEqual(made);
  });

  it('lets one of two creators have it', async () => {
    const made = await Promise.all([store.create(lease('a')), store.create(lease('b'))]);

    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await store.read()).toEqual(made.find(Boolean));
  });

  it('changes the version that was read and no other', async () => {
    const made = (await store.create(lease('a'))) as Lease;
    const changed = await store.replace({ ...made, holder: 'b', transitions: 1 });

    expect(changed).toMatchObject({ uid: made.uid, holder: 'b', transitions: 1 });
    expect(await store.replace({ ...made, holder: 'c' })).toBeNull();
    expect(await store.read()).toEqual(changed);
  });

  it('changes nothing that is gone, or was made anew', async () => {
    const made = (await store.create(lease('a'))) as Lease;
    await remove();

    expect(await store.replace(made)).toBeNull();
    const again = (await store.create(lease('b'))) as Lease;
    expect(again.uid).not.toBe(made.uid);
    expect(await store.replace(made)).toBeNull();
  });
}
