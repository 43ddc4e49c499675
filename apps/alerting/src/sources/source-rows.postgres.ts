import type { AlarmSourceKind } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';

export interface SourceRow {
  id: string;
  kind: AlarmSourceKind;
  settings_sealed: Buffer;
  is_paused: boolean;
  secret_hash: Buffer | null;
  old_secret_hash: Buffer | null;
  old_secret_until: Date | null;
  beat_seconds: number | null;
  beat_state: 'new' | 'alive' | 'missed' | null;
  beat_at: Date | null;
  expected_by: Date | null;
  next_at: Date | null;
  created_at: Date;
  made_by: UserId | null;
  /** By the database's clock: every comparison of times is made with it. */
  now: Date;
}

const COLUMNS = `s.id, s.kind, s.settings_sealed, s.is_paused, s.secret_hash, s.old_secret_hash, s.old_secret_until,
  s.beat_seconds, s.beat_state, s.beat_at, s.expected_by, s.next_at, s.created_at, s.made_by,
  clock_timestamp() AS now`;
const IS_SOURCE = 's.organization_id = $1 AND s.id = $2';

export const findSource = (tx: Tx, organizationId: OrganizationId, id: string): Promise<SourceRow | null> =>
  row<SourceRow>(tx, `SELECT ${COLUMNS} FROM alarm_source s WHERE ${IS_SOURCE}`, [organizationId, id]);

export const lockSource = (tx: Tx, organizationId: OrganizationId, id: string): Promise<SourceRow | null> =>
  row<SourceRow>(tx, `SELECT ${COLUMNS} FROM alarm_source s WHERE ${IS_SOURCE} FOR NO KEY UPDATE`, [
    organizationId,
    id,
  ]);

export const listSourceRows = (tx: Tx, organizationId: OrganizationId): Promise<SourceRow[]> =>
  rows<SourceRow>(tx, `SELECT ${COLUMNS} FROM alarm_source s WHERE s.organization_id = $1 ORDER BY s.id`, [
    organizationId,
  ]);

export type WrittenSource = Pick<SourceRow, 'id' | 'kind' | 'settings_sealed' | 'is_paused'> & {
  share: number;
  /** Of a source that is new: what it shows who it is by. One that is there keeps its own. */
  secretHash: Buffer | null;
  /** Likewise: who changes one has not made it. */
  madeBy: UserId;
};

export const writeSource = (tx: Tx, organizationId: OrganizationId, written: WrittenSource): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO alarm_source (organization_id, id, kind, settings_sealed, is_paused, share, secret_hash, made_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (organization_id, id) DO UPDATE
       SET settings_sealed = excluded.settings_sealed, is_paused = excluded.is_paused, share = excluded.share`,
    [
      ...[organizationId, written.id, written.kind, written.settings_sealed, written.is_paused, written.share],
      ...[written.secretHash, written.madeBy],
    ],
  );

export const rotateSecret = (
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  rotated: { settingsSealed: Buffer; secretHash: Buffer; overlapSeconds: number },
): Promise<SourceRow | null> =>
  row<SourceRow>(
    tx,
    `UPDATE alarm_source s SET settings_sealed = $3, secret_hash = $4, old_secret_hash = s.secret_hash,
       old_secret_until = clock_timestamp() + make_interval(secs => $5)
     WHERE ${IS_SOURCE} RETURNING ${COLUMNS}`,
    [organizationId, id, rotated.settingsSealed, rotated.secretHash, rotated.overlapSeconds],
  );

export const removeSource = (tx: Tx, organizationId: OrganizationId, id: string): Promise<unknown> =>
  rows(tx, `DELETE FROM alarm_source s WHERE ${IS_SOURCE}`, [organizationId, id]);

/** How often a source may send: a burst, and what goes on for ever, times its share. */
export const BURST = 60;
export const PER_SECOND = 1;

const FILLED = `least(s.share * ${BURST},
  s.tokens + extract(epoch FROM clock_timestamp() - s.tokens_at) * s.share * ${PER_SECOND})`;

/** Takes one from what a source may send. @returns false when there is nothing left for now */
export const takeToken = async (tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> =>
  (
    await rows(
      tx,
      `UPDATE alarm_source s SET tokens = ${FILLED} - 1, tokens_at = clock_timestamp()
       WHERE ${IS_SOURCE} AND ${FILLED} >= 1 RETURNING s.id`,
      [organizationId, id],
    )
  ).length === 1;

/**
 * A heartbeat, in one statement: whoever shows the secret is heard, and is expected again.
 *
 * @returns what the source was until now; null when it was not heard
 */
export async function beat(
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  secretHash: Buffer,
): Promise<SourceRow['beat_state']> {
  const heard = await row<Pick<SourceRow, 'beat_state'>>(
    tx,
    `UPDATE alarm_source s SET tokens = ${FILLED} - 1, tokens_at = clock_timestamp(), beat_at = clock_timestamp(),
       expected_by = clock_timestamp() + make_interval(secs => s.beat_seconds)
     WHERE ${IS_SOURCE} AND s.kind = 'heartbeat' AND NOT s.is_paused AND ${FILLED} >= 1
       AND (s.secret_hash = $3 OR (s.old_secret_hash = $3 AND s.old_secret_until > clock_timestamp()))
     RETURNING s.beat_state`,
    [organizationId, id, secretHash],
  );
  return heard?.beat_state ?? null;
}

/** When the next beat is expected; what was heard before counts, except of a source that did not listen. */
export const expectBeat = (
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  { beatSeconds, firstSeconds, isAnew }: { beatSeconds: number; firstSeconds: number; isAnew: boolean },
): Promise<unknown> =>
  rows(
    tx,
    `UPDATE alarm_source s SET beat_seconds = $3::int, beat_state = coalesce(s.beat_state, 'new'),
       expected_by = CASE
         WHEN s.beat_at IS NULL THEN clock_timestamp() + make_interval(secs => $4)
         WHEN $5 THEN clock_timestamp() + make_interval(secs => $3::int)
         ELSE s.beat_at + make_interval(secs => $3::int) END
     WHERE ${IS_SOURCE}`,
    [organizationId, id, beatSeconds, firstSeconds, isAnew],
  );

/** @returns whether it was so until now */
export const changeBeatState = async (
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  to: 'alive' | 'missed',
): Promise<void> =>
  void (await rows(tx, `UPDATE alarm_source s SET beat_state = $3 WHERE ${IS_SOURCE}`, [organizationId, id, to]));

export const setNextAt = (tx: Tx, organizationId: OrganizationId, id: string, at: Date | null): Promise<unknown> =>
  rows(tx, `UPDATE alarm_source s SET next_at = $3 WHERE ${IS_SOURCE}`, [organizationId, id, at]);
