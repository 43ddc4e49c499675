import type { Enrolment, Role } from '@relais/contracts';
import type { DeviceId, InvitationId, OrganizationId, PoolId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

export interface EnrolmentRow {
  id: string;
  made_by: UserId;
  user_id: UserId | null;
  invitation_id: InvitationId | null;
  is_managed: boolean;
  created_at: Date;
  expires_at: Date;
  used_at: Date | null;
}

export type KnownEnrolment = EnrolmentRow & { role: Role | null; pool_ids: PoolId[] | null };

const FROM = `SELECT e.id, e.made_by, e.user_id, e.invitation_id, e.is_managed, e.created_at, e.expires_at, e.used_at,
    i.role, i.pool_ids::text[] AS pool_ids FROM enrolment e
  LEFT JOIN invitation i ON i.organization_id = e.organization_id AND i.id = e.invitation_id`;

export async function insertEnrolment(
  tx: Tx,
  organizationId: OrganizationId,
  draft: EnrolmentRow & { tokenHash: Buffer },
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO enrolment (organization_id, id, token_hash, made_by, user_id, invitation_id, is_managed, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      ...[organizationId, draft.id, draft.tokenHash, draft.made_by, draft.user_id, draft.invitation_id],
      ...[draft.is_managed, draft.created_at, draft.expires_at],
    ],
  );
}

/** That of this token, if it can be used now. Nothing is locked: see `useEnrolment`. */
export const findUsableEnrolment = (
  tx: Tx,
  organizationId: OrganizationId,
  tokenHash: Buffer,
  now: Date,
): Promise<KnownEnrolment | null> =>
  row(tx, `${FROM} WHERE e.organization_id = $1 AND e.token_hash = $2 AND e.used_at IS NULL AND e.expires_at > $3`, [
    organizationId,
    tokenHash,
    now,
  ]);

export const findEnrolment = (tx: Tx, organizationId: OrganizationId, id: string): Promise<KnownEnrolment | null> =>
  row(tx, `${FROM} WHERE e.organization_id = $1 AND e.id = $2`, [organizationId, id]);

/** Uses it up; false when it was used, withdrawn or has expired meanwhile. */
export async function useEnrolment(
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  { deviceId, now }: { deviceId: DeviceId; now: Date },
): Promise<boolean> {
  const used = await rows(
    tx,
    `UPDATE enrolment e SET used_at = $3, used_by_device = $4
     WHERE e.organization_id = $1 AND e.id = $2 AND e.used_at IS NULL AND e.expires_at > $3 RETURNING e.id`,
    [organizationId, id, now, deviceId],
  );
  return used.length === 1;
}

/** Deletes one that nobody has used, with its invitation; false when there is none. */
export async function deleteEnrolment(tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> {
  // In the order in which redeeming locks them: the invitation first, which takes its token along.
  const invitation = await rows(
    tx,
    `DELETE FROM invitation i WHERE i.organization_id = $1 AND i.used_at IS NULL AND i.id = (
       SELECT e.invitation_id FROM enrolment e WHERE e.organization_id = $1 AND e.id = $2) RETURNING i.id`,
    [organizationId, id],
  );
  if (invitation.length > 0) return true;
  const gone = await rows(
    tx,
    'DELETE FROM enrolment e WHERE e.organization_id = $1 AND e.id = $2 AND e.used_at IS NULL RETURNING e.id',
    [organizationId, id],
  );
  return gone.length > 0;
}

export const listEnrolmentRows = (tx: Tx, organizationId: OrganizationId, now: Date): Promise<KnownEnrolment[]> =>
  rows(tx, `${FROM} WHERE e.organization_id = $1 AND e.expires_at > $2 ORDER BY e.id DESC LIMIT 1000`, [
    organizationId,
    now,
  ]);

export const deleteOldEnrolments = (tx: Tx, organizationId: OrganizationId, now: Date): Promise<unknown> =>
  rows(tx, 'DELETE FROM enrolment e WHERE e.organization_id = $1 AND e.expires_at < $2', [organizationId, now]);

export const toEnrolment = (found: KnownEnrolment): Enrolment => ({
  id: found.id as never,
  for: found.user_id
    ? { kind: 'person', userId: found.user_id }
    : { kind: 'newcomer', role: found.role ?? 'member', poolIds: found.pool_ids ?? [] },
  isManaged: found.is_managed,
  createdAt: found.created_at.toISOString(),
  expiresAt: found.expires_at.toISOString(),
  ...(found.used_at ? { usedAt: found.used_at.toISOString() } : {}),
});
