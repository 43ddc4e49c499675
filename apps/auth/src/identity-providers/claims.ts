import { email as emailForm, type IdentityProviderSettings, person } from '@relais/contracts';

export type Claims = Readonly<Record<string, unknown>>;

/** What a provider says about a person. */
export interface Said {
  issuer: string;
  subject: string;
  /** Null when there is none, or nobody has verified it. */
  email: string | null;
  displayName: string;
  /** Null when the provider says that there are groups but not which: then nothing is given and nothing taken. */
  groups: readonly string[] | null;
  /** For our own token (RFC 8176): `fed`, and `mfa` where that is trusted. */
  amr: readonly string[];
  /** When the person showed the provider who they are, as far as it says. */
  authenticatedAt: Date | null;
}

const MAX_GROUPS = 10_000;

/** @param profile of the userinfo endpoint; what the signed token says counts before it */
export function saidOf(token: Claims, profile: Claims, settings: IdentityProviderSettings, now: Date): Said {
  const all = { ...profile, ...token };
  const email = emailOf(all, settings);
  return {
    issuer: String(token['iss']),
    subject: String(token['sub']),
    email,
    displayName: nameOf(all, settings, email),
    groups: groupsOf(all, settings),
    amr: isSecondFactor(token, settings) ? ['fed', 'mfa'] : ['fed'],
    authenticatedAt: timeOf(token['auth_time'], now),
  };
}

function emailOf(all: Claims, { claims, trustsEmail }: IdentityProviderSettings): string | null {
  const address = emailForm.safeParse(all[claims.email]);
  // A text "true" is what some providers send.
  const isVerified = all['email_verified'] === true || all['email_verified'] === 'true';
  return address.success && (isVerified || (trustsEmail && all['email_verified'] === undefined)) ? address.data : null;
}

function nameOf(all: Claims, { claims }: IdentityProviderSettings, email: string | null): string {
  const names = [all[claims.displayName], all['name'], all['preferred_username'], email?.split('@')[0]];
  for (const name of names) {
    const fits = person.displayName.safeParse(name);
    if (fits.success) return fits.data;
  }
  return 'Nameless';
}

function groupsOf(all: Claims, { groups }: IdentityProviderSettings): readonly string[] | null {
  if (!groups) return [];
  const value = all[groups.claim];
  // Too many for a token: Entra ID points elsewhere instead (OIDC Core, 5.6.2).
  const elsewhere = all['_claim_names'];
  if (value === undefined && typeof elsewhere === 'object' && elsewhere !== null && groups.claim in elsewhere)
    return null;
  const list = Array.isArray(value) ? value : [value];
  return list.filter((one): one is string => typeof one === 'string').slice(0, MAX_GROUPS);
}

function isSecondFactor({ amr, acr }: Claims, { trustsSecondFactor, acrValues }: IdentityProviderSettings): boolean {
  const hasMfa = Array.isArray(amr) && amr.includes('mfa');
  return trustsSecondFactor && (hasMfa || (typeof acr === 'string' && acrValues.includes(acr)));
}

const timeOf = (seconds: unknown, now: Date): Date | null =>
  typeof seconds === 'number' && seconds > 0 ? new Date(Math.min(seconds * 1_000, now.getTime())) : null;
