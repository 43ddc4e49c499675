import { newId, type OrganizationId } from '@relais/kernel';
import fc from 'fast-check';
import { formatScopedSecret, newScopedSecret, parseScopedSecret } from '../secrets/scoped-secret.js';
import { fromCursor, toCursor } from '../users/cursor.js';
import { familyHash, formatRefreshToken, newFamily, nextOf, parseRefreshToken, tokenHash } from './refresh-token.js';

const organizationId = newId<OrganizationId>();
const garbage = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.string(), { maxLength: 4 }).map((parts) => parts.join('.')),
);

describe('tokens as text', () => {
  it('are read back as they were written', () => {
    const [refresh, invitation] = [newFamily(organizationId), newScopedSecret(organizationId)];

    expect(parseRefreshToken(formatRefreshToken(refresh))).toEqual(refresh);
    expect(parseScopedSecret(formatScopedSecret(invitation))).toEqual(invitation);
    expect(fromCursor(toCursor(organizationId))).toBe(organizationId);
  });

  it('are nothing when they are garbage, and no garbage throws anything unexpected', () => {
    fc.assert(
      fc.property(garbage, (text) => {
        expect(parseRefreshToken(text)).toBeNull();
        expect(parseScopedSecret(text)).toBeNull();
        expect(() => fromCursor(text)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
      }),
    );
  });

  it('accept no other spelling of the same token', () => {
    const text = formatRefreshToken(newFamily(organizationId));

    for (const other of [` ${text}`, `${text}\n`, text.toUpperCase(), `${text}=`, `${text}.`])
      expect(parseRefreshToken(other)).toBeNull();
  });

  it('keep their family and change their secret when they are rotated', () => {
    const first = newFamily(organizationId);
    const second = nextOf(first);

    expect(familyHash(second)).toEqual(familyHash(first));
    expect(tokenHash(second)).not.toEqual(tokenHash(first));
  });
});
