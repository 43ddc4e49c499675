import { randomBytes } from 'node:crypto';
import { newId, type OrganizationId } from '@relais/kernel';
import fc from 'fast-check';
import { DataKey, keyIdOf, SEAL_OVERHEAD_BYTES } from './data-key.js';

const organizationId = newId<OrganizationId>();
const place = ['entry', 'body', newId<string>(), newId<string>()];
const aKey = () => new DataKey(organizationId, newId(), randomBytes(32));
const failed = expect.objectContaining({ kind: 'internal', code: 'decrypt_failed', message: 'decrypt_failed' });

describe('a data key', () => {
  it('opens what it sealed, any bytes at any place', () => {
    const key = aKey();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.array(fc.string()), (bytes, parts) => {
        const sealed = key.seal(parts, bytes);
        expect(sealed).toHaveLength(bytes.length + SEAL_OVERHEAD_BYTES);
        expect(keyIdOf(sealed)).toBe(key.id);
        expect(key.open(parts, sealed).equals(bytes)).toBe(true);
      }),
    );
  });

  it.each(place.map((_, index) => index))('does not open at a place that differs in part %i', (index) => {
    const key = aKey();
    const sealed = key.seal(place, 'on my way');
    const elsewhere = place.with(index, newId());

    expect(() => key.open(elsewhere, sealed)).toThrow(failed);
  });

  it('does not confuse places whose parts are cut differently', () => {
    const key = aKey();
    const sealed = key.seal(['ab', 'c'], 'on my way');

    for (const other of [['a', 'bc'], ['abc'], ['ab', 'c', ''], ['c', 'ab'], []]) {
      expect(() => key.open(other, sealed)).toThrow(failed);
    }
  });

  it('does not open under another organization or key id, even with the same key bytes', () => {
    const bytes = randomBytes(32);
    const id = newId<string>();
    const sealed = new DataKey(organizationId, id, bytes).seal(place, 'on my way');
    const renamed = Buffer.from(sealed);
    const otherId = newId<string>();
    renamed.set(Buffer.from(otherId.replaceAll('-', ''), 'hex'), 1);

    expect(() => new DataKey(newId<OrganizationId>(), id, bytes).open(place, sealed)).toThrow(failed);
    expect(() => new DataKey(organizationId, otherId, bytes).open(place, renamed)).toThrow(failed);
    expect(() => new DataKey(organizationId, id, randomBytes(32)).open(place, sealed)).toThrow(failed);
  });

  it('fails in one way, whichever byte was changed', () => {
    const key = aKey();
    const sealed = key.seal(place, 'bring the ladder');
    const anyChange = fc.tuple(fc.nat({ max: sealed.length - 1 }), fc.integer({ min: 1, max: 255 }));

    fc.assert(
      fc.property(anyChange, ([at, mask]) => {
        const changed = Buffer.from(sealed);
        changed[at] = (changed[at] ?? 0) ^ mask;
        expect(() => key.open(place, changed)).toThrow(failed);
      }),
    );
    for (let length = 0; length < sealed.length; length++) {
      expect(() => key.open(place, sealed.subarray(0, length))).toThrow(failed);
    }
  });

  it('uses no nonce twice in 100,000', () => {
    const key = aKey();
    const nonces = new Set<string>();
    for (let count = 0; count < 100_000; count++) nonces.add(key.seal(place, '').subarray(17, 29).toString('latin1'));

    expect(nonces.size).toBe(100_000);
  });

  it('refuses to be used after it was erased, and leaves no key bytes', () => {
    const bytes = randomBytes(32);
    const key = new DataKey(organizationId, newId(), bytes);
    const sealed = key.seal(place, 'on my way');
    key.erase();

    const expired = expect.objectContaining({ code: 'data_key_expired', retryable: true });
    expect(() => key.seal(place, 'on my way')).toThrow(expired);
    expect(() => key.open(place, sealed)).toThrow(expired);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });
});
