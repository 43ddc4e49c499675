import type { OrganizationId } from '@relais/kernel';
import { newSecret } from '@relais/security';

/** An invitation names its organization, so that it is looked up within that organization and nowhere else. */
export interface InvitationToken {
  organizationId: OrganizationId;
  secret: string;
}

const FORM = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([\w-]{43})$/;

export const newInvitationToken = (organizationId: OrganizationId): InvitationToken => ({
  organizationId,
  secret: newSecret(),
});

export const formatInvitationToken = ({ organizationId, secret }: InvitationToken): string =>
  `${organizationId}.${secret}`;

export function parseInvitationToken(text: string): InvitationToken | null {
  const [, organizationId, secret] = FORM.exec(text) ?? [];
  return organizationId && secret ? { organizationId: organizationId as OrganizationId, secret } : null;
}
