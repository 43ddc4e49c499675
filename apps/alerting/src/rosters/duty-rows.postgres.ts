import type { DutyState } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { HeldDuty, Turned } from './turn.js';

/** How long it can be read who was on duty. */
const KEPT_DAYS = 90;

/** The database's clock, ms: what decides who is on duty. */
export async function databaseNow(tx: Tx): Promise<number> {
  const found = await row<{ ms: number }>(
    tx,
    'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
  );
  return found?.ms ?? Number.NaN;
}

export interface DutyRow {
  roster_id: string;
  layer: number;
  user_id: UserId;
  state: DutyState;
  began_at: Date;
}

export const toHeld = ({ layer, user_id, state }: DutyRow): HeldDuty => ({ layer, userId: user_id, state });

/** Who is on duty as it was last settled. */
export const dutiesOf = (tx: Tx, organizationId: OrganizationId, rosterIds: readonly string[]): Promise<DutyRow[]> =>
  rows<DutyRow>(
    tx,
    `SELECT d.roster_id, d.layer, d.user_id, d.state, d.began_at FROM duty d
     WHERE d.organization_id = $1 AND d.roster_id = ANY($2::uuid[]) AND d.ended_at IS NULL
     ORDER BY d.roster_id, d.layer, d.began_at DESC`,
    [organizationId, rosterIds],
  );

export const dutiesOfUser = (tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<DutyRow[]> =>
  rows<DutyRow>(
    tx,
    `SELECT d.roster_id, d.layer, d.user_id, d.state, d.began_at FROM duty d
     WHERE d.organization_id = $1 AND d.user_id = $2 AND d.ended_at IS NULL ORDER BY d.began_at, d.roster_id, d.layer`,
    [organizationId, userId],
  );

/** Whoever is on duty, and whoever was a few minutes ago: all whom a change concerns. */
export const concernedBy = async (tx: Tx, organizationId: OrganizationId, rosterId: string): Promise<UserId[]> =>
  (
    await rows<{ user_id: UserId }>(
      tx,
      `SELECT DISTINCT d.user_id FROM duty d WHERE d.organization_id = $1 AND d.roster_id = $2
         AND (d.ended_at IS NULL OR d.ended_at > clock_timestamp() - interval '10 minutes')`,
      [organizationId, rosterId],
    )
  ).map(({ user_id }) => user_id);

/** Writes what has changed, and forgets who was on duty long ago. */
export async function writeDuties(
  tx: Tx,
  organizationId: OrganizationId,
  rosterId: string,
  { begins, changes, ends }: Turned,
): Promise<void> {
  const write = (sql: string, held: readonly HeldDuty[]): Promise<unknown> =>
    held.length === 0 ? Promise.resolve() : rows(tx, sql, [organizationId, rosterId, JSON.stringify(held)]);
  const given = `jsonb_to_recordset($3::jsonb) AS g (layer int, "userId" uuid, state text)`;
  const isGiven = `d.organization_id = $1 AND d.roster_id = $2 AND d.layer = g.layer AND d.user_id = g."userId" AND d.ended_at IS NULL`;
  await write(`UPDATE duty d SET ended_at = clock_timestamp() FROM ${given} WHERE ${isGiven}`, ends);
  await write(`UPDATE duty d SET state = g.state FROM ${given} WHERE ${isGiven}`, changes);
  await write(
    `INSERT INTO duty (organization_id, roster_id, layer, user_id, state)
     SELECT $1, $2, g.layer, g."userId", g.state FROM ${given}`,
    begins,
  );
  await rows(
    tx,
    `DELETE FROM duty d WHERE d.organization_id = $1 AND d.roster_id = $2
       AND d.ended_at < clock_timestamp() - make_interval(days => ${KEPT_DAYS})`,
    [organizationId, rosterId],
  );
}

/** Alarms under way that told somebody by this role look again who is on duty. */
export const wakeAlarmsOf = (tx: Tx, organizationId: OrganizationId, rosterId: string): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO timer (organization_id, subject_id, kind, due_at)
     SELECT DISTINCT a.organization_id, a.id, 'take_along', clock_timestamp() FROM alarm_role t
     JOIN alarm a ON a.organization_id = t.organization_id AND a.id = t.alarm_id
     WHERE t.organization_id = $1 AND t.roster_id = $2 AND t.left_at IS NULL AND a.state = 'open'
     ON CONFLICT DO NOTHING`,
    [organizationId, rosterId],
  );
