import type { OrganizationId } from '@relais/kernel';
import { newSecret, hashSecret } from '@relais/security';

/** A secret that names its organization, so that it is looked up within that organization and nowhere else. */
export interface ScopedSecret {
  organizationId: OrganizationId;
  /** 256 bits, base64url. */
  secret: string;
}

const FORM = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([\w-]{43})$/;

export const newScopedSecret = (organizationId: OrganizationId): ScopedSecret => ({
  organizationId,
  secret: newSecret(),
});

export const formatScopedSecret = ({ organizationId, secret }: ScopedSecret): string => `${organizationId}.${secret}`;

export function parseScopedSecret(text: string): ScopedSecret | null {
  const [, organizationId, secret] = FORM.exec(text) ?? [];
  return organizationId && secret ? { organizationId: organizationId as OrganizationId, secret } : null;
}

/** Names the organization by its handle, for who must not learn its id, or whether there is one. */
export const formatNamedSecret = (handle: string, { secret }: ScopedSecret): string => `@${handle}.${secret}`;

const NAMED = /^@([a-z0-9-]{1,64})\.([\w-]{43})$/;

export function parseNamedSecret(text: string): { handle: string; secret: string } | null {
  const [, handle, secret] = NAMED.exec(text) ?? [];
  return handle && secret ? { handle, secret } : null;
}

/** What is stored of it. */
export const hashOf = ({ secret }: ScopedSecret): Buffer => hashSecret(secret);
