import type { Entry } from 'ldapts';
import { textOf } from './ldap-client.js';

/** `userAccountControl`: ACCOUNTDISABLE and LOCKOUT (MS-ADTS, 2.2.16). */
const AD_DISABLED = 0x2;
const AD_NEVER = [0n, 0x7fffffffffffffffn];
/** 100-nanosecond intervals since 1601. */
const AD_EPOCH_MS = 11_644_473_600_000n;
const DAY_MS = 86_400_000;

/** What tells whether an account may be used. */
export const STATE_ATTRIBUTES = [
  'userAccountControl',
  'accountExpires',
  'pwdAccountLockedTime',
  'shadowExpire',
  'loginDisabled',
  'nsAccountLock',
];

/** Whether a directory says that an account is in use: not disabled, not locked for good, not expired. */
export function isActive(entry: Entry, now: Date): boolean {
  const flags = Number(textOf(entry, 'userAccountControl') || 0);
  const isLocked =
    textOf(entry, 'pwdAccountLockedTime').startsWith('000001010000') ||
    /^true$/i.test(textOf(entry, 'nsAccountLock')) ||
    /^true$/i.test(textOf(entry, 'loginDisabled'));
  return (flags & AD_DISABLED) === 0 && !isLocked && !hasExpired(entry, now);
}

const hasExpired = (entry: Entry, now: Date): boolean => (expiryOf(entry) ?? Number.POSITIVE_INFINITY) < now.getTime();

/** When the account runs out, in milliseconds of the epoch; null where it does not. */
export function expiryOf(entry: Entry): number | null {
  const shadow = textOf(entry, 'shadowExpire');
  const all = [shadow !== '' && Number(shadow) >= 0 ? Number(shadow) * DAY_MS : null, adExpiryOf(entry)];
  const times = all.filter((at) => at !== null);
  return times.length === 0 ? null : Math.min(...times);
}

function adExpiryOf(entry: Entry): number | null {
  const expires = textOf(entry, 'accountExpires');
  if (!/^\d{1,19}$/.test(expires) || AD_NEVER.includes(BigInt(expires))) return null;
  return Number(BigInt(expires) / 10_000n - AD_EPOCH_MS);
}
