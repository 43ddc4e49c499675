/** Entries that an organization keeps for a time and that are on the disks; `e` is the entry. The index `entry_kept` has them. */
export const KEPT = `e.cleared_at IS NULL AND e.kind IN ('message', 'edit', 'reaction')`;

/** Takes the content of the entries in `over (conversation_id, seq)` of organization $1 off the disks: `cleared` are those. */
export const CLEARED = `cleared AS (
    UPDATE entry e SET body = NULL, cleared_at = now() FROM over o
    WHERE e.organization_id = $1 AND e.conversation_id = o.conversation_id AND e.seq = o.seq
    RETURNING e.conversation_id, e.seq),
  forgotten AS (
    DELETE FROM mention m USING cleared c
    WHERE m.organization_id = $1 AND m.conversation_id = c.conversation_id AND m.seq = c.seq)`;

/** How long organization $1 keeps what is said, as an interval; null where it says nothing. Read once in a statement. */
export const KEEPING = `(SELECT make_interval(hours => 24 * k.keep_days) FROM message_keeping k WHERE k.organization_id = $1)`;

/**
 * When the content of entry `e` of organization $1 ends: by its own time, or by how long the organization keeps it. What changes a
 * message ends with the message.
 */
export const ENDS_AT = `least(e.expires_at, CASE WHEN ${KEEPING} IS NOT NULL AND e.kind IN ('message', 'edit', 'reaction') THEN ${KEEPING} + coalesce(
  (SELECT t.recorded_at FROM entry t
   WHERE e.target_id IS NOT NULL AND t.organization_id = $1 AND t.conversation_id = e.conversation_id AND t.id = e.target_id),
  e.recorded_at) END)`;
