import { randomBytes } from 'node:crypto';
import { newId, type OrganizationId } from '@relais/kernel';
import { type KeySlot, type KeyStore, type StoredKey } from './key-store.js';

/** What every KeyStore promises. Each implementation runs this same suite. */
export function keyStoreContract(open: () => Promise<KeyStore>): void {
  const slotIn = (organizationId: OrganizationId, overrides: Partial<KeySlot> = {}): KeySlot => ({
    organizationId,
    kind: 'conversation',
    id: newId(),
    retentionClass: 'standard',
    period: '2026-11-01',
    ends: '2026-12-01',
    ...overrides,
  });
  const keyIn = (slot: KeySlot, kekVersion = 1): StoredKey => ({
    id: newId(),
    slot,
    kekVersion,
    wrapped: randomBytes(61),
  });

  it('gives everyone who adds a key to the same slot at the same time the same key', async () => {
    const store = await open();
    const organizationId = newId<OrganizationId>();
    const slots = Array.from({ length: 5 }, () => slotIn(organizationId));
    const shuffled = (round: number) => slots.map((_, index) => slots[(index * 2 + round) % 5] as KeySlot);

    const results = await Promise.all(
      Array.from({ length: 8 }, (_, round) =>
        store.add(
          organizationId,
          shuffled(round).map((slot) => keyIn(slot)),
        ),
      ),
    );

    expect(new Set(results.flat().map((key) => key.id)).size).toBe(5);
    expect(results.every((keys) => keys.length === 5)).toBe(true);
  });

  it('finds living keys by slot and by id, and nothing else', async () => {
    const store = await open();
    const organizationId = newId<OrganizationId>();
    const key = keyIn(slotIn(organizationId));
    await store.add(organizationId, [key]);
    const { slot } = key;
    const others: KeySlot[] = [
      { ...slot, kind: 'profile' },
      { ...slot, id: newId() },
      { ...slot, retentionClass: 'short' },
      { ...slot, period: '2026-11-15' },
    ];

    expect(await store.find(organizationId, [slot, ...others])).toEqual([key]);
    expect(await store.findByIds(organizationId, [key.id, newId()])).toEqual([key]);
    expect(await store.find(organizationId, others)).toEqual([]);
  });

  it('shows no organization the keys of another, and lets it change none', async () => {
    const store = await open();
    const [mine, theirs] = [newId<OrganizationId>(), newId<OrganizationId>()];
    const key = keyIn(slotIn(theirs));
    await store.add(theirs, [key]);

    expect(await store.findByIds(mine, [key.id])).toEqual([]);
    expect(await store.find(mine, [{ ...key.slot, organizationId: mine }])).toEqual([]);
    expect(await store.destroy(mine, {})).toEqual([]);
    expect(await store.outdated(mine, 99, null, 10)).toEqual([]);
    expect(await store.rewrap(mine, key.id, key, { kekVersion: 2, wrapped: randomBytes(61) })).toBe(false);
    expect(await store.findByIds(theirs, [key.id])).toEqual([key]);
  });

  it('remembers that a destroyed key was there, without its material, and frees its slot', async () => {
    const store = await open();
    const organizationId = newId<OrganizationId>();
    const key = keyIn(slotIn(organizationId));
    await store.add(organizationId, [key]);

    expect(await store.destroy(organizationId, { kind: key.slot.kind, id: key.slot.id })).toEqual([key.id]);
    expect(await store.destroy(organizationId, { kind: key.slot.kind, id: key.slot.id })).toEqual([]);
    expect(await store.findByIds(organizationId, [key.id])).toEqual([{ id: key.id, wrapped: null }]);
    expect(await store.find(organizationId, [key.slot])).toEqual([]);
    const successor = keyIn(key.slot);
    expect(await store.add(organizationId, [successor])).toEqual([successor]);
  });

  it.each([
    ['a kind', { kind: 'profile' }, [1]],
    ['a retention class', { retentionClass: 'short' }, [2]],
    ['periods that had ended', { endedBy: '2026-11-30' }, [3, 4]],
    ['everything', {}, [0, 1, 2, 3, 4]],
  ])('destroys %s and keeps the rest', async (_, selection, expected) => {
    const store = await open();
    const organizationId = newId<OrganizationId>();
    const october = { period: '2026-10-01', ends: '2026-11-01' };
    const days = { retentionClass: 'standard_7d', period: '2026-11-23', ends: '2026-11-30' };
    const keys = [{}, { kind: 'profile' }, { retentionClass: 'short' }, october, days].map((overrides) =>
      keyIn(slotIn(organizationId, overrides)),
    );
    await store.add(organizationId, keys);
    expect(await store.count(organizationId, selection)).toBe(expected.length);

    const destroyed = await store.destroy(organizationId, selection);

    expect(destroyed.sort()).toEqual(expected.map((index) => keys[index]?.id).sort());
    expect(await store.count(organizationId, selection)).toBe(0);
  });

  it('destroys no more at a time than it is told', async () => {
    const store = await open();
    const organizationId = newId<OrganizationId>();
    await store.add(
      organizationId,
      Array.from({ length: 5 }, () => keyIn(slotIn(organizationId))),
    );

    const some = [await store.destroy(organizationId, {}, 3), await store.destroy(organizationId, {}, 3)];

    expect(some.map(({ length }) => length)).toEqual([3, 2]);
    expect(new Set(some.flat()).size).toBe(5);
  });

  it('lists keys of older versions in pages, and every organization that has keys', async () => {
    const store = await open();
    const organizationId = newId<OrganizationId>();
    const keys = Array.from({ length: 5 }, (_, index) => keyIn(slotIn(organizationId), index < 3 ? 1 : 2));
    await store.add(organizationId, keys);

    const first = await store.outdated(organizationId, 2, null, 2);
    const second = await store.outdated(organizationId, 2, first.at(-1)?.id ?? null, 2);

    const outdated = keys.slice(0, 3).map((key) => key.id);
    expect([...first, ...second].map((key) => key.id)).toEqual(outdated.sort());
    expect(await store.organizations(null, 10_000)).toContain(organizationId);
    expect(await store.organizations(organizationId, 10_000)).not.toContain(organizationId);
  });

  it('exchanges a wrapping only while it is the one that was read', async () => {
    const store = await open();
    const organizationId = newId<OrganizationId>();
    const key = keyIn(slotIn(organizationId));
    await store.add(organizationId, [key]);
    const next = { kekVersion: 2, wrapped: randomBytes(61) };

    expect(await store.rewrap(organizationId, key.id, key, next)).toBe(true);
    expect(await store.rewrap(organizationId, key.id, key, { kekVersion: 3, wrapped: randomBytes(61) })).toBe(false);
    expect(await store.findByIds(organizationId, [key.id])).toEqual([{ ...key, ...next }]);
    await store.destroy(organizationId, {});
    expect(await store.rewrap(organizationId, key.id, next, { ...next, kekVersion: 3 })).toBe(false);
  });
}
