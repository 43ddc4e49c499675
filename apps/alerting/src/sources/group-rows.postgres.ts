import type { AlarmState, Severity } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';

/** The open alarm of a key of a source, and what was said under it. */
export interface GroupRow {
  id: string;
  source_id: string;
  key_index: Buffer;
  alarm_id: string;
  severity: Severity;
  version: number;
  said_sealed: Buffer;
  /** Seconds until what was taken in is told; negative when it is told at once. */
  window_seconds: number;
  /** Of its alarm. */
  state: AlarmState;
}

const COLUMNS = `g.id, g.source_id, g.key_index, g.alarm_id, g.severity, g.version, g.said_sealed,
  extract(epoch FROM g.window_ends_at - clock_timestamp())::float8 AS window_seconds, a.state`;
const ALARM = 'JOIN alarm a ON a.organization_id = g.organization_id AND a.id = g.alarm_id';

export const findGroup = (
  tx: Tx,
  organizationId: OrganizationId,
  sourceId: string,
  keyIndex: Buffer,
): Promise<GroupRow | null> =>
  row<GroupRow>(
    tx,
    `SELECT ${COLUMNS} FROM alarm_source_group g ${ALARM}
     WHERE g.organization_id = $1 AND g.source_id = $2 AND g.key_index = $3`,
    [organizationId, sourceId, keyIndex],
  );

export const findGroupById = (tx: Tx, organizationId: OrganizationId, id: string): Promise<GroupRow | null> =>
  row<GroupRow>(tx, `SELECT ${COLUMNS} FROM alarm_source_group g ${ALARM} WHERE g.organization_id = $1 AND g.id = $2`, [
    organizationId,
    id,
  ]);

/**
 * An alarm was raised under a key: what comes now belongs to it.
 *
 * @returns false when it does already
 */
export const openGroup = async (
  tx: Tx,
  organizationId: OrganizationId,
  group: Pick<GroupRow, 'source_id' | 'key_index' | 'alarm_id' | 'severity' | 'said_sealed' | 'window_seconds'>,
): Promise<boolean> =>
  (
    await rows(
      tx,
      `INSERT INTO alarm_source_group AS g (organization_id, source_id, key_index, alarm_id, severity, said_sealed, window_ends_at)
       VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(secs => $7))
       ON CONFLICT (organization_id, source_id, key_index) DO UPDATE
         SET alarm_id = excluded.alarm_id, severity = excluded.severity, said_sealed = excluded.said_sealed,
           version = g.version + 1, window_ends_at = excluded.window_ends_at
         WHERE g.alarm_id <> excluded.alarm_id
       RETURNING g.id`,
      [
        ...[organizationId, group.source_id, group.key_index, group.alarm_id, group.severity, group.said_sealed],
        group.window_seconds,
      ],
    )
  ).length === 1;

/** @returns false when somebody else said something under this key meanwhile */
export const writeSaid = async (
  tx: Tx,
  organizationId: OrganizationId,
  { id, version }: GroupRow,
  { saidSealed, opensWindow }: { saidSealed: Buffer; opensWindow: number | null },
): Promise<boolean> =>
  (
    await rows(
      tx,
      `UPDATE alarm_source_group g SET said_sealed = $4, version = g.version + 1,
         window_ends_at = CASE WHEN $5::float8 IS NULL THEN g.window_ends_at
           ELSE clock_timestamp() + make_interval(secs => $5) END
       WHERE g.organization_id = $1 AND g.id = $2 AND g.version = $3 RETURNING g.id`,
      [organizationId, id, version, saidSealed, opensWindow],
    )
  ).length === 1;

export const forgetGroup = (tx: Tx, organizationId: OrganizationId, { id, alarm_id }: GroupRow): Promise<unknown> =>
  rows(tx, 'DELETE FROM alarm_source_group g WHERE g.organization_id = $1 AND g.id = $2 AND g.alarm_id = $3', [
    ...[organizationId, id, alarm_id],
  ]);

/** Of a source: those whose alarms somebody else has ended. */
export const forgetEndedGroups = (tx: Tx, organizationId: OrganizationId, sourceId: string): Promise<unknown> =>
  rows(
    tx,
    `DELETE FROM alarm_source_group g USING alarm a
     WHERE g.organization_id = $1 AND g.source_id = $2 AND a.organization_id = g.organization_id AND a.id = g.alarm_id
       AND a.state IN ('all_clear', 'cancelled', 'expired')`,
    [organizationId, sourceId],
  );
