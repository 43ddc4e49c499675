import type { Invitation, Role } from '@relais/contracts';
import type { InvitationId, OrganizationId, PoolId, UserId } from '@relais/kernel';
import { hashSecret } from '@relais/security';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import { scopesOf } from '../bots/bot-scopes.postgres.js';
import { grantsOf, holds } from '../permissions/grants.js';
import { reaches } from '../permissions/permissions.js';
import { standingOf } from '../permissions/actor.postgres.js';
import { defaultPool } from '../pools/pool-rows.postgres.js';
import type { ScopedSecret } from '../secrets/scoped-secret.js';

export interface InvitationRow {
  id: InvitationId;
  invited_by: UserId;
  role: Role;
  pool_ids: PoolId[];
  created_at: Date;
  expires_at: Date;
  used_at: Date | null;
  /** Null where it is for whoever has it. */
  email_index: Buffer | null;
}

export const INVITATION_COLUMNS =
  'i.id, i.invited_by, i.role, i.pool_ids::text[] AS pool_ids, i.created_at, i.expires_at, i.used_at, i.email_index';

/**
 * The invitation of this token if it can be used now: not used, not expired, and its maker still active and still allowed to
 * give that role. Locked until the transaction ends, so that of many who redeem it one does.
 */
export async function lockUsable(tx: Tx, token: ScopedSecret, now: Date): Promise<InvitationRow | null> {
  const { organizationId } = token;
  const found = await row<InvitationRow>(
    tx,
    `SELECT ${INVITATION_COLUMNS} FROM invitation i
     WHERE i.organization_id = $1 AND i.token_hash = $2 AND i.used_at IS NULL AND i.expires_at > $3 FOR UPDATE`,
    [organizationId, hashSecret(token.secret), now],
  );
  return found && (await isBacked(tx, organizationId, found)) ? found : null;
}

/** Whether its maker could make it still, for the same role and pools. */
async function isBacked(tx: Tx, organizationId: OrganizationId, invitation: InvitationRow): Promise<boolean> {
  const inviter = await standingOf(tx, organizationId, invitation.invited_by);
  const scopes = await scopesOf(tx, organizationId, invitation.invited_by);
  if (scopes)
    return inviter?.state === 'active' && scopes.includes('administrators:invite') && reaches('admin', invitation.role);
  if (inviter?.state !== 'active' || !reaches(inviter.role, invitation.role)) return false;
  const pools = invitation.pool_ids.length > 0 ? invitation.pool_ids : [await defaultPool(tx, organizationId)];
  return holds(grantsOf(inviter.role, inviter.given), 'invite', pools);
}

export const toInvitation = (found: InvitationRow): Invitation => ({
  id: found.id,
  role: found.role,
  poolIds: found.pool_ids,
  createdAt: found.created_at.toISOString(),
  expiresAt: found.expires_at.toISOString(),
  ...(found.used_at ? { usedAt: found.used_at.toISOString() } : {}),
  invitedBy: found.invited_by,
  isForAddress: found.email_index !== null,
});

export async function insertInvitation(
  tx: Tx,
  organizationId: OrganizationId,
  draft: InvitationRow,
  tokenHash: Buffer,
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO invitation (organization_id, id, token_hash, invited_by, role, pool_ids, created_at, expires_at, email_index)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      organizationId,
      draft.id,
      tokenHash,
      draft.invited_by,
      draft.role,
      draft.pool_ids,
      draft.created_at,
      draft.expires_at,
      draft.email_index,
    ],
  );
}

/** The caller holds the row, from `lockUsable`. */
export async function markUsed(tx: Tx, organizationId: OrganizationId, id: InvitationId, now: Date): Promise<void> {
  await rows(tx, 'UPDATE invitation i SET used_at = $3 WHERE i.organization_id = $1 AND i.id = $2', [
    organizationId,
    id,
    now,
  ]);
}

/** How many of somebody can still be used. */
export async function countOpenInvitations(
  tx: Tx,
  organizationId: OrganizationId,
  by: UserId,
  now: Date,
): Promise<number> {
  const found = await row<{ open: number }>(
    tx,
    `SELECT count(*)::int AS open FROM invitation i
     WHERE i.organization_id = $1 AND i.invited_by = $2 AND i.used_at IS NULL AND i.expires_at > $3`,
    [organizationId, by, now],
  );
  return found?.open ?? 0;
}

/**
 * Invitations that have not expired, used ones included, the newest first; at most 1,000; with `pools`, those to these alone, and
 * with `by` those of this one.
 */
export const listInvitationRows = (
  tx: Tx,
  organizationId: OrganizationId,
  now: Date,
  { pools = null, by = null }: { pools?: readonly PoolId[] | null; by?: UserId | null } = {},
): Promise<InvitationRow[]> =>
  rows(
    tx,
    `SELECT ${INVITATION_COLUMNS} FROM invitation i
     WHERE i.organization_id = $1 AND i.expires_at > $2
       AND ($3::uuid[] IS NULL OR (i.pool_ids <@ $3 AND cardinality(i.pool_ids) > 0))
       AND ($4::uuid IS NULL OR i.invited_by = $4)
     ORDER BY i.id DESC LIMIT 1000`,
    [organizationId, now, pools, by],
  );

/** An invitation nobody has used; null when there is none. */
export const findUnused = (tx: Tx, organizationId: OrganizationId, id: InvitationId): Promise<InvitationRow | null> =>
  row(
    tx,
    `SELECT ${INVITATION_COLUMNS} FROM invitation i WHERE i.organization_id = $1 AND i.id = $2 AND i.used_at IS NULL`,
    [organizationId, id],
  );

/** Deletes an invitation nobody has used; false when there is none. */
export async function deleteInvitation(tx: Tx, organizationId: OrganizationId, id: InvitationId): Promise<boolean> {
  const deleted = await rows(
    tx,
    'DELETE FROM invitation i WHERE i.organization_id = $1 AND i.id = $2 AND i.used_at IS NULL RETURNING i.id',
    [organizationId, id],
  );
  return deleted.length > 0;
}
