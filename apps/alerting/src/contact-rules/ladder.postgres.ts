import type { AlarmPath } from '@relais/contracts';
import { rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { IS_RENEWED } from '../destinations/push-rows.postgres.js';
import type { Ladder } from './ladder.js';

/** Whether the person of a rung `r` has anything that its way leads to. A socket may be opened at any moment. */
const HAS_DESTINATION = `CASE r.path
  WHEN 'socket' THEN true
  WHEN 'push' THEN EXISTS (SELECT FROM push_registration p WHERE p.organization_id = $1 AND p.user_id = r.user_id AND ${IS_RENEWED})
  ELSE EXISTS (SELECT FROM contact_point c WHERE c.organization_id = $1 AND c.user_id = r.user_id
    AND c.kind = CASE WHEN r.path IN ('sms', 'voice') THEN 'phone' ELSE r.path END AND c.usable_since IS NOT NULL
    AND (c.origin <> 'directory' OR $2::jsonb -> 'directory' ? r.path))
  END`;

/** What stands in a list of the ladder: `o (path, silent_seconds, position)`. */
const FIRST = `ROWS FROM (jsonb_to_recordset($2::jsonb -> 'first') AS (path text, "silentSeconds" integer))
  WITH ORDINALITY AS o (path, silent_seconds, position)`;
const USUAL = `ROWS FROM (jsonb_to_recordset($2::jsonb -> 'ways') AS (path text, "silentSeconds" integer))
  WITH ORDINALITY AS o (path, silent_seconds, position)`;

/**
 * The ways of everybody in `person (user_id)`, each once: `way (user_id, position, path, silent_seconds, has_destination)`. To
 * be used in a statement whose first parameter is the organization and whose second is the {@link Ladder}, as jsonb.
 */
export const WAYS = `
  rung AS (
    SELECT p.user_id, o.position - 10 AS position, o.path, o.silent_seconds FROM person p CROSS JOIN ${FIRST}
    UNION ALL
    SELECT p.user_id, r.position, r.path, r.silent_seconds FROM person p
    JOIN contact_rule r ON r.organization_id = $1 AND r.user_id = p.user_id AND r.rules = $2::jsonb ->> 'rules'
    WHERE NOT ($2::jsonb -> 'overrides')::boolean
    UNION ALL
    SELECT p.user_id, o.position, o.path, o.silent_seconds FROM person p CROSS JOIN ${USUAL}
    WHERE ($2::jsonb -> 'overrides')::boolean OR NOT EXISTS (SELECT FROM contact_rule r
      WHERE r.organization_id = $1 AND r.user_id = p.user_id AND r.rules = $2::jsonb ->> 'rules')
  ), way AS (
    SELECT DISTINCT ON (r.user_id, r.path) r.user_id, r.position, r.path, r.silent_seconds, ${HAS_DESTINATION} AS has_destination
    FROM rung r ORDER BY r.user_id, r.path, r.position
  )`;

export interface WayRow {
  path: AlarmPath;
  silent_seconds: number;
  has_destination: boolean;
}

/** The ways of one person, in their order. */
export const waysOf = (tx: Tx, organizationId: OrganizationId, userId: UserId, ladder: Ladder): Promise<WayRow[]> =>
  rows<WayRow>(
    tx,
    `WITH person AS (SELECT $3::uuid AS user_id), ${WAYS}
     SELECT w.path, w.silent_seconds, w.has_destination FROM way w ORDER BY w.position`,
    [organizationId, JSON.stringify(ladder), userId],
  );

export interface Unreached {
  /** People by whose ways they cannot be told at all. */
  nobody: number;
  /** People whom only an app that is open at that moment tells. */
  only_socket: number;
}

/** How many of these people have no way, or none that wakes them. */
export async function unreachedOf(
  tx: Tx,
  organizationId: OrganizationId,
  userIds: readonly UserId[],
  ladder: Ladder,
): Promise<Unreached> {
  const [found] = await rows<Unreached>(
    tx,
    `WITH person AS (SELECT DISTINCT u.id AS user_id FROM unnest($3::uuid[]) AS u (id)), ${WAYS}
     SELECT count(*) FILTER (WHERE r.paths IS NULL)::int AS nobody,
       count(*) FILTER (WHERE r.paths = ARRAY['socket'])::int AS only_socket
     FROM (SELECT p.user_id, array_agg(w.path) FILTER (WHERE w.has_destination) AS paths
       FROM person p LEFT JOIN way w ON w.user_id = p.user_id GROUP BY p.user_id) r`,
    [organizationId, JSON.stringify(ladder), userIds],
  );
  return found ?? { nobody: 0, only_socket: 0 };
}
