import type { OrganizationId } from '@relais/kernel';
import { hashSecret, newSecret } from '@relais/security';

/**
 * A refresh token: the organization, a secret that stays the same for the session (its family), and one that changes with
 * every use. The family makes a token that was used long ago recognisable without keeping every old one.
 */
export interface RefreshToken {
  organizationId: OrganizationId;
  familySecret: string;
  secret: string;
}

const FORM = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([\w-]{43})\.([\w-]{43})$/;

export const formatRefreshToken = ({ organizationId, familySecret, secret }: RefreshToken): string =>
  `${organizationId}.${familySecret}.${secret}`;

export function parseRefreshToken(text: string): RefreshToken | null {
  const [, organizationId, familySecret, secret] = FORM.exec(text) ?? [];
  if (!organizationId || !familySecret || !secret) return null;
  return { organizationId: organizationId as OrganizationId, familySecret, secret };
}

export const newFamily = (organizationId: OrganizationId): RefreshToken => ({
  organizationId,
  familySecret: newSecret(),
  secret: newSecret(),
});

export const nextOf = (token: RefreshToken): RefreshToken => ({ ...token, secret: newSecret() });

export const familyHash = (token: RefreshToken): Buffer => hashSecret(token.familySecret);
export const tokenHash = (token: RefreshToken): Buffer => hashSecret(token.secret);
