import { randomBytes } from 'node:crypto';
import { newId, type OrganizationId } from '@relais/kernel';
import { DataKey } from './data-key.js';
import { DataKeyCache } from './data-key-cache.js';

const organizationId = newId<OrganizationId>();
const aKey = () => new DataKey(organizationId, newId(), randomBytes(32));
const isErased = (key: DataKey) => {
  try {
    return key.seal([], '').length === 0;
  } catch {
    return true;
  }
};

let nowMs = 0;
let cache: DataKeyCache;
beforeEach(() => {
  nowMs = 0;
  cache = new DataKeyCache(() => nowMs, 3);
});
afterEach(() => cache.close());

describe('the cache of data keys', () => {
  it('finds a key by id and by slot', () => {
    const key = aKey();
    cache.put(key, 'slot');

    expect(cache.byId(organizationId, key.id)).toBe(key);
    expect(cache.bySlot('slot')).toBe(key);
    expect(cache.byId(newId<OrganizationId>(), key.id)).toBeUndefined();
  });

  it('erases a key before it is 5 minutes old, and stops handing it out a while before that', () => {
    const key = aKey();
    cache.put(key, 'slot');
    nowMs = 4 * 60_000;
    cache.sweep();
    expect(cache.bySlot('slot')).toBeUndefined();
    expect(isErased(key)).toBe(false);

    nowMs = 5 * 60_000 - 5_000;
    cache.sweep();

    expect(isErased(key)).toBe(true);
    expect(cache.size).toBe(0);
  });

  it('makes room by the least recently used, and erases that half a minute later', () => {
    const keys = [aKey(), aKey(), aKey(), aKey()] as const;
    keys.slice(0, 3).forEach((key) => cache.put(key));
    cache.byId(organizationId, keys[0].id);
    cache.put(keys[3]);

    expect(cache.byId(organizationId, keys[1].id)).toBeUndefined();
    expect(cache.byId(organizationId, keys[0].id)).toBe(keys[0]);
    expect(isErased(keys[1])).toBe(false);
    nowMs = 30_000;
    cache.sweep();
    expect(keys.map(isErased)).toEqual([false, true, false, false]);
  });

  it('holds a bounded number, however many pass through', () => {
    for (let count = 0; count < 3_000; count++) cache.put(aKey());

    expect(cache.size).toBeLessThanOrEqual(1_003);
  });

  it('erases at once what is removed, and everything when it closes', () => {
    const [removed, kept] = [aKey(), aKey()];
    cache.put(removed, 'a');
    cache.put(kept, 'b');
    cache.remove(organizationId, removed.id);
    expect([isErased(removed), isErased(kept)]).toEqual([true, false]);

    cache.close();

    expect(isErased(kept)).toBe(true);
    expect(cache.bySlot('a')).toBeUndefined();
  });
});
