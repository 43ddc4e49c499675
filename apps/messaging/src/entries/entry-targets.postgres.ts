import type { OrganizationId } from '@relais/kernel';
import type { EntityManager } from 'typeorm';
import { ENDS_AT } from '../keeping/kept.postgres.js';
import type { Draft } from './entry-store.js';
import type { Target } from './targets.js';

/** What the drafts change, as it is now. The conversations are locked, so it stays that way until the commit. */
export async function readTargets(
  tx: EntityManager,
  organizationId: OrganizationId,
  drafts: readonly Draft[],
): Promise<Target[]> {
  const changing = drafts.filter((draft) => draft.targetId);
  if (changing.length === 0) return [];
  return tx.query(
    `SELECT e.conversation_id AS "conversationId", e.id, e.kind, e.sender_id AS "senderId", e.expires_at AS "expiresAt",
            e.recorded_at AS "recordedAt", (e.cleared_at IS NOT NULL OR coalesce(${ENDS_AT} <= now(), false)) AS "isCleared"
     FROM unnest($2::uuid[], $3::uuid[]) AS w(conversation_id, id)
     JOIN entry e ON e.organization_id = $1 AND e.conversation_id = w.conversation_id AND e.id = w.id`,
    [organizationId, changing.map((draft) => draft.conversationId), changing.map((draft) => draft.targetId)],
  );
}

/** A deletion leaves a tombstone: the content of its target and of the target's edits is gone with this commit. */
export async function clearTargets(
  tx: EntityManager,
  organizationId: OrganizationId,
  drafts: readonly Draft[],
  at: Date,
): Promise<void> {
  const deletions = drafts.filter((draft) => draft.kind === 'deletion');
  if (deletions.length === 0) return;
  await tx.query(
    `WITH cleared AS (
       UPDATE entry e SET body = NULL, cleared_at = $4
       FROM unnest($2::uuid[], $3::uuid[]) AS w(conversation_id, id)
       WHERE e.organization_id = $1 AND e.conversation_id = w.conversation_id AND e.cleared_at IS NULL
         AND (e.id = w.id OR (e.target_id = w.id AND e.kind = 'edit'))
       RETURNING e.conversation_id, e.seq)
     DELETE FROM mention m USING cleared c
     WHERE m.organization_id = $1 AND m.conversation_id = c.conversation_id AND m.seq = c.seq`,
    [organizationId, deletions.map((draft) => draft.conversationId), deletions.map((draft) => draft.targetId), at],
  );
}
