import type { AlarmState, AlarmStrategy, Joins, Severity } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { setTimer } from '../engine/timers.postgres.js';
import type { FilledPosition } from './strategies/fill-positions.js';

export interface AlarmRow {
  id: string;
  severity: Severity;
  state: AlarmState;
  content_sealed: Buffer;
  request_digest: Buffer;
  needed: number;
  accepted: number;
  repeats: number;
  step_count: number;
  raised_by: UserId | null;
  source: string;
  is_drill: boolean;
  is_silent: boolean;
  joins: Joins | null;
  said_at: Date;
  update_every_minutes: number | null;
  raised_at: Date;
  updated_at: Date;
  closes_at: Date | null;
  stopped_at: Date | null;
  strategy: AlarmStrategy;
  positions: FilledPosition[];
  policy_id: string | null;
}

const COLUMNS = `a.id, a.severity, a.state, a.content_sealed, a.request_digest, a.needed, a.accepted, a.repeats, a.step_count,
  a.raised_by, a.source, a.is_drill, a.is_silent, a.raised_at, a.updated_at, a.closes_at, a.stopped_at, a.strategy,
  a.positions, a.policy_id, a.joins, a.said_at, a.update_every_minutes`;

export interface NewAlarm {
  id: string;
  severity: Severity;
  state: 'open' | 'awaiting_approval';
  contentSealed: Buffer;
  digest: Buffer;
  dedupIndex: Buffer | null;
  needed: number;
  repeats: number;
  stepCount: number;
  raisedBy: UserId | null;
  source: string;
  closesAt: Date | null;
  isDrill: boolean;
  /** Goes to devices, and disturbs nobody. */
  isSilent: boolean;
  strategy: AlarmStrategy;
  positions: readonly FilledPosition[];
  policyId: string | null;
  /** Null without a conversation of its own. */
  joins: Joins | null;
  updateEveryMinutes: number | null;
}

/** @returns null when there is an alarm of this id, or an open one of this key */
export const insertAlarm = (tx: Tx, organizationId: OrganizationId, alarm: NewAlarm): Promise<AlarmRow | null> =>
  row<AlarmRow>(
    tx,
    `INSERT INTO alarm AS a (organization_id, id, severity, state, content_sealed, request_digest, dedup_index, needed, repeats,
       step_count, raised_by, source, closes_at, is_drill, is_silent, strategy, positions, policy_id, joins,
       update_every_minutes, opened_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
       CASE WHEN $4 = 'open' THEN now() END)
     ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    [
      ...[organizationId, alarm.id, alarm.severity, alarm.state, alarm.contentSealed, alarm.digest, alarm.dedupIndex],
      ...[alarm.needed, alarm.repeats, alarm.stepCount, alarm.raisedBy, alarm.source, alarm.closesAt, alarm.isDrill],
      ...[alarm.isSilent, alarm.strategy, JSON.stringify(alarm.positions), alarm.policyId, alarm.joins],
      alarm.updateEveryMinutes,
    ],
  );

export const findAlarm = (tx: Tx, organizationId: OrganizationId, id: string): Promise<AlarmRow | null> =>
  row<AlarmRow>(tx, `SELECT ${COLUMNS} FROM alarm a WHERE a.organization_id = $1 AND a.id = $2`, [organizationId, id]);

/** Holds it until the transaction ends: whoever stops an alarm and whoever goes on with it come one after the other (R-AL5). */
export const lockAlarm = (tx: Tx, organizationId: OrganizationId, id: string): Promise<AlarmRow | null> =>
  row<AlarmRow>(tx, `SELECT ${COLUMNS} FROM alarm a WHERE a.organization_id = $1 AND a.id = $2 FOR NO KEY UPDATE`, [
    organizationId,
    id,
  ]);

export const findOpenByKey = (tx: Tx, organizationId: OrganizationId, dedupIndex: Buffer): Promise<AlarmRow | null> =>
  row<AlarmRow>(
    tx,
    `SELECT ${COLUMNS} FROM alarm a WHERE a.organization_id = $1 AND a.dedup_index = $2
       AND a.state IN ('awaiting_approval', 'open', 'acknowledged')`,
    [organizationId, dedupIndex],
  );

export async function changeAlarm(
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  change: {
    state?: AlarmState;
    contentSealed?: Buffer;
    accepted?: number;
    positions?: readonly FilledPosition[];
    stops?: boolean;
  },
): Promise<AlarmRow> {
  const positions = change.positions ? JSON.stringify(change.positions) : null;
  const changed = await row<AlarmRow>(
    tx,
    `UPDATE alarm a SET state = coalesce($3, a.state), content_sealed = coalesce($4, a.content_sealed),
       accepted = coalesce($5, a.accepted), positions = coalesce($7, a.positions), updated_at = now(),
       stopped_at = CASE WHEN $6 THEN coalesce(a.stopped_at, clock_timestamp()) ELSE a.stopped_at END,
       said_at = CASE WHEN $4::bytea IS NULL THEN a.said_at ELSE now() END,
       opened_at = CASE WHEN $3 = 'open' THEN coalesce(a.opened_at, now()) ELSE a.opened_at END
     WHERE a.organization_id = $1 AND a.id = $2 RETURNING ${COLUMNS}`,
    [organizationId, id, change.state, change.contentSealed, change.accepted, change.stops ?? false, positions],
  );
  if (!changed) throw new Error('the alarm is gone under its lock');
  // Its conversation follows; many answers at once are one line there.
  if (changed.joins) await setTimer(tx, organizationId, { subject_id: id, kind: 'alarm-room' }, 1);
  return changed;
}

export interface Page {
  before: { at: Date; id: string } | null;
  limit: number;
}

/** What waits for a second person, newest first: all of it, or what one person has raised. */
export const waitingAlarms = (
  tx: Tx,
  organizationId: OrganizationId,
  raisedBy: UserId | null,
  { before, limit }: Page,
): Promise<AlarmRow[]> =>
  rows<AlarmRow>(
    tx,
    `SELECT ${COLUMNS} FROM alarm a WHERE a.organization_id = $1 AND a.state = 'awaiting_approval'
       AND ($2::uuid IS NULL OR a.raised_by = $2)
       AND ($3::timestamptz IS NULL OR (a.raised_at, a.id) < ($3, $4::uuid))
     ORDER BY a.raised_at DESC, a.id DESC LIMIT $5`,
    [organizationId, raisedBy, before?.at ?? null, before?.id ?? null, limit],
  );

const CONCERNS = `($3::timestamptz IS NULL OR (a.raised_at, a.id) < ($3, $4::uuid))
    AND (a.raised_by = $2 OR EXISTS (SELECT FROM alarm_recipient r
      WHERE r.organization_id = a.organization_id AND r.alarm_id = a.id AND r.user_id = $2))
  ORDER BY a.raised_at DESC, a.id DESC LIMIT $5`;
const ALL_OF = `SELECT ${COLUMNS} FROM alarm a WHERE a.organization_id = $1 AND NOT a.is_silent AND ${CONCERNS}`;
/** Asked by every app that comes back: by the index of what is under way, however many there were. */
const OPEN_OF = `SELECT ${COLUMNS} FROM alarm a WHERE a.organization_id = $1 AND NOT a.is_silent
  AND a.state IN ('awaiting_approval', 'open', 'acknowledged') AND ${CONCERNS}`;

/** What somebody was told of or raised, newest first; nothing that is not for people's eyes. */
export const alarmsOf = (
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  isOpen: boolean,
  { before, limit }: Page,
): Promise<AlarmRow[]> =>
  rows<AlarmRow>(tx, isOpen ? OPEN_OF : ALL_OF, [
    organizationId,
    userId,
    before?.at ?? null,
    before?.id ?? null,
    limit,
  ]);

/** How many other alarms of its policy were raised in the last minutes. */
export async function othersRaised(
  tx: Tx,
  organizationId: OrganizationId,
  { id, policy_id }: Pick<AlarmRow, 'id' | 'policy_id'>,
  minutes: number,
): Promise<number> {
  const found = await row<{ n: number }>(
    tx,
    `SELECT count(*)::int AS n FROM alarm a WHERE a.organization_id = $1 AND a.policy_id = $2 AND a.id <> $3
       AND a.raised_at > clock_timestamp() - make_interval(mins => $4)`,
    [organizationId, policy_id, id, minutes],
  );
  return found?.n ?? 0;
}
