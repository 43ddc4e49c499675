import type { DirectoryChange, DirectoryRun } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

export interface RunRow {
  id: string;
  directory_id: string;
  state: DirectoryRun['state'];
  is_dry: boolean;
  is_whole: boolean;
  started_by: UserId | null;
  started_at: Date;
  finished_at: Date | null;
  seen: number;
  problem_sealed: Buffer | null;
  creates: number;
  updates: number;
  disables: number;
  enables: number;
  /** Of all changes, those that `raises_role`. */
  raises: number;
  applied: number;
  problems: number;
  /** Of those, what was not done. */
  skipped: number;
}

const RUN = `SELECT r.*, coalesce(c.creates, 0) AS creates, coalesce(c.updates, 0) AS updates, coalesce(c.disables, 0) AS disables,
    coalesce(c.enables, 0) AS enables, coalesce(c.applied, 0) AS applied, coalesce(c.problems, 0) AS problems,
    coalesce(c.skipped, 0) AS skipped, coalesce(c.raises, 0) AS raises
  FROM directory_run r
  LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE g.kind = 'create')::int AS creates, count(*) FILTER (WHERE g.kind = 'update')::int AS updates,
      count(*) FILTER (WHERE g.kind = 'disable')::int AS disables, count(*) FILTER (WHERE g.kind = 'enable')::int AS enables,
      count(*) FILTER (WHERE g.state = 'applied')::int AS applied, count(*) FILTER (WHERE g.problem IS NOT NULL)::int AS problems,
      count(*) FILTER (WHERE g.state = 'skipped')::int AS skipped, count(*) FILTER (WHERE g.raises_role)::int AS raises
    FROM directory_change g WHERE g.organization_id = r.organization_id AND g.run_id = r.id) c ON true`;

export const findRun = (tx: Tx, organizationId: OrganizationId, id: string): Promise<RunRow | null> =>
  row(tx, `${RUN} WHERE r.organization_id = $1 AND r.id = $2`, [organizationId, id]);

/** The last fifty runs of a directory, the newest first. */
export const listRunRows = (tx: Tx, organizationId: OrganizationId, directoryId: string): Promise<RunRow[]> =>
  rows(tx, `${RUN} WHERE r.organization_id = $1 AND r.directory_id = $2 ORDER BY r.started_at DESC LIMIT 50`, [
    organizationId,
    directoryId,
  ]);

export const findLastRun = (tx: Tx, organizationId: OrganizationId, directoryId: string): Promise<RunRow | null> =>
  row(tx, `${RUN} WHERE r.organization_id = $1 AND r.directory_id = $2 ORDER BY r.started_at DESC LIMIT 1`, [
    organizationId,
    directoryId,
  ]);

/** Forgets runs that began before, with all they say about people; not one that is under way. */
export const deleteOldRuns = (tx: Tx, organizationId: OrganizationId, before: Date): Promise<unknown> =>
  rows(
    tx,
    `DELETE FROM directory_run r WHERE r.organization_id = $1 AND r.started_at < $2 AND r.state NOT IN ('reading', 'applying')`,
    [organizationId, before],
  );

/** Runs that a replica left in the middle. */
export const unfinishedRuns = (
  tx: Tx,
  organizationId: OrganizationId,
): Promise<{ id: string; directory_id: string; state: string }[]> =>
  rows(
    tx,
    `SELECT r.id, r.directory_id, r.state FROM directory_run r
     JOIN directory d ON d.organization_id = r.organization_id AND d.id = r.directory_id
     WHERE r.organization_id = $1 AND r.state IN ('reading', 'applying')
       AND (d.leased_until IS NULL OR d.leased_until < clock_timestamp())`,
    [organizationId],
  );

export async function insertRun(
  tx: Tx,
  organizationId: OrganizationId,
  run: { id: string; directoryId: string; isDry: boolean; startedBy: UserId | null; now: Date },
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO directory_run (organization_id, id, directory_id, state, is_dry, started_by, started_at)
     VALUES ($1, $2, $3, 'reading', $4, $5, $6)`,
    [organizationId, run.id, run.directoryId, run.isDry, run.startedBy, run.now],
  );
}

export interface RunChange {
  state: DirectoryRun['state'];
  seen?: number;
  isWhole?: boolean;
  problemSealed?: Buffer | null;
  finishedAt?: Date | null;
}

/** Brings a run from one of these states into another; false when it is in none of them. */
export async function changeRun(
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  from: readonly DirectoryRun['state'][],
  { state, seen, isWhole, problemSealed, finishedAt }: RunChange,
): Promise<boolean> {
  const changed = await rows(
    tx,
    `UPDATE directory_run r SET state = $4, seen = coalesce($5, r.seen), problem_sealed = coalesce($6, r.problem_sealed),
       finished_at = coalesce($7, r.finished_at), is_whole = coalesce($8, r.is_whole)
     WHERE r.organization_id = $1 AND r.id = $2 AND r.state = ANY($3::text[]) RETURNING r.id`,
    [organizationId, id, from, state, seen ?? null, problemSealed ?? null, finishedAt ?? null, isWhole ?? null],
  );
  return changed.length === 1;
}

export interface ChangeRow {
  position: number;
  kind: DirectoryChange['kind'];
  user_id: UserId | null;
  external_index: Buffer;
  record_sealed: Buffer;
  digest: Buffer;
  before: { role: string; state: string; poolIds: string[] } | null;
  before_sealed: Buffer | null;
  before_email_index: Buffer | null;
  before_email_sealed: Buffer | null;
  before_phone_sealed: Buffer | null;
  /** How the person stood when it was done: see `standingDigest`. Null of what releases before it did. */
  left_digest: Buffer | null;
  state: 'planned' | 'applied' | 'undone' | 'skipped';
  problem: string | null;
  /** It gives the power of an administrator to somebody who had none. */
  raises_role: boolean;
}

export type NewChange = Pick<
  ChangeRow,
  'kind' | 'user_id' | 'external_index' | 'record_sealed' | 'digest' | 'problem' | 'raises_role'
>;

export async function insertChanges(
  tx: Tx,
  organizationId: OrganizationId,
  runId: string,
  firstPosition: number,
  changes: readonly NewChange[],
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO directory_change
       (organization_id, run_id, position, kind, user_id, external_index, record_sealed, digest, problem, raises_role)
     SELECT $1, $2, $3 + w.at, w.kind, w.user_id, w.external_index, w.record_sealed, w.digest, w.problem, w.raises_role
     FROM unnest($4::text[], $5::uuid[], $6::bytea[], $7::bytea[], $8::bytea[], $9::text[], $10::boolean[]) WITH ORDINALITY
       AS w (kind, user_id, external_index, record_sealed, digest, problem, raises_role, at)`,
    [
      organizationId,
      runId,
      firstPosition - 1,
      changes.map((change) => change.kind),
      changes.map((change) => change.user_id),
      changes.map((change) => change.external_index),
      changes.map((change) => change.record_sealed),
      changes.map((change) => change.digest),
      changes.map((change) => change.problem),
      changes.map((change) => change.raises_role),
    ],
  );
}

/** Changes of a run from a position on. */
export const changesFrom = (
  tx: Tx,
  organizationId: OrganizationId,
  runId: string,
  { after, limit, state }: { after: number; limit: number; state?: ChangeRow['state'] },
): Promise<ChangeRow[]> =>
  rows(
    tx,
    `SELECT g.* FROM directory_change g
     WHERE g.organization_id = $1 AND g.run_id = $2 AND g.position > $3 AND ($5::text IS NULL OR g.state = $5)
     ORDER BY g.position LIMIT $4`,
    [organizationId, runId, after, limit, state ?? null],
  );

/** The first changes of a run that make somebody more than a member. */
export const raisingChanges = (
  tx: Tx,
  organizationId: OrganizationId,
  runId: string,
  limit: number,
): Promise<ChangeRow[]> =>
  rows(
    tx,
    `SELECT g.* FROM directory_change g WHERE g.organization_id = $1 AND g.run_id = $2 AND g.raises_role
     ORDER BY g.position LIMIT $3`,
    [organizationId, runId, limit],
  );

export interface ChangeMark extends Partial<
  Pick<ChangeRow, 'state' | 'problem' | 'user_id' | 'before' | 'left_digest'>
> {
  before_sealed?: Buffer;
  before_email_index?: Buffer;
  before_email_sealed?: Buffer;
  before_phone_sealed?: Buffer | null;
}

export async function markChange(
  tx: Tx,
  organizationId: OrganizationId,
  runId: string,
  position: number,
  mark: ChangeMark,
): Promise<void> {
  await rows(
    tx,
    `UPDATE directory_change g SET state = coalesce($4, g.state), problem = coalesce($5, g.problem),
       user_id = coalesce($6, g.user_id), before = coalesce($7, g.before), before_sealed = coalesce($8, g.before_sealed),
       before_email_index = coalesce($9, g.before_email_index), before_email_sealed = coalesce($10, g.before_email_sealed),
       before_phone_sealed = coalesce($11, g.before_phone_sealed), left_digest = coalesce($12, g.left_digest)
     WHERE g.organization_id = $1 AND g.run_id = $2 AND g.position = $3`,
    [
      organizationId,
      runId,
      position,
      mark.state ?? null,
      mark.problem ?? null,
      mark.user_id ?? null,
      mark.before ? JSON.stringify(mark.before) : null,
      mark.before_sealed ?? null,
      mark.before_email_index ?? null,
      mark.before_email_sealed ?? null,
      mark.before_phone_sealed ?? null,
      mark.left_digest ?? null,
    ],
  );
}

/** As it is shown, without the words that are sealed. */
export const toRun = (run: RunRow): Omit<DirectoryRun, 'directoryId' | 'says'> => ({
  ...{ id: run.id as never, state: run.state, seen: run.seen, isWhole: run.is_whole },
  ...{ creates: run.creates, updates: run.updates, disables: run.disables, enables: run.enables },
  ...{ raises: run.raises, applied: run.applied, problems: run.problems, startedAt: run.started_at.toISOString() },
  ...(run.finished_at ? { finishedAt: run.finished_at.toISOString() } : {}),
});
