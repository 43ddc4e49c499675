import { isActive } from './account-state.js';

const now = new Date('2026-11-23T12:00:00Z');
const filetime = (iso: string) => String((BigInt(Date.parse(iso)) + 11_644_473_600_000n) * 10_000n);
const entry = (attributes: Record<string, string>) => ({ dn: 'cn=x', ...attributes });

describe('an account of a directory', () => {
  it.each([
    ['an ordinary one', {}, true],
    ['of Active Directory, in use', { userAccountControl: '512', accountExpires: '9223372036854775807' }, true],
    ['of Active Directory that never expires', { accountExpires: '0' }, true],
    ['of Active Directory, disabled', { userAccountControl: '514' }, false],
    ['expired yesterday', { accountExpires: filetime('2026-11-22T00:00:00Z') }, false],
    ['that expires tomorrow', { accountExpires: filetime('2026-11-24T00:00:00Z') }, true],
    ['locked for good', { pwdAccountLockedTime: '000001010000Z' }, false],
    ['locked for a while', { pwdAccountLockedTime: '20261123115900Z' }, true],
    ['whose shadow expired', { shadowExpire: '10000' }, false],
    ['whose shadow never expires', { shadowExpire: '-1' }, true],
    ['locked by 389', { nsAccountLock: 'TRUE' }, false],
    ['with rubbish in it', { userAccountControl: 'x', accountExpires: 'never' }, true],
  ])('%s', (_, attributes, active) => {
    expect(isActive(entry(attributes as Record<string, string>), now)).toBe(active);
  });
});
