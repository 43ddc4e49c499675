import { type ProbeProblem, WATCH, type WatchSettings, watchSettings } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import { newId, type OrganizationId } from '@relais/kernel';

export interface ProbeRow {
  id: string;
  probe_sealed: Buffer;
  kind: string;
  is_control: boolean;
  is_enabled: boolean;
  failed_in_row: number;
  succeeded_in_row: number;
  state: 'unknown' | 'up' | 'down';
}

const COLUMNS =
  'p.id, p.probe_sealed, p.kind, p.is_control, p.is_enabled, p.failed_in_row, p.succeeded_in_row, p.state';

export const findProbe = (tx: Tx, organizationId: OrganizationId, id: string): Promise<ProbeRow | null> =>
  row(tx, `SELECT ${COLUMNS} FROM watch_probe p WHERE p.organization_id = $1 AND p.id = $2`, [organizationId, id]);

export const probesOf = (tx: Tx, organizationId: OrganizationId): Promise<ProbeRow[]> =>
  rows(tx, `SELECT ${COLUMNS} FROM watch_probe p WHERE p.organization_id = $1 ORDER BY p.id`, [organizationId]);

/** What was counted of another thing looked at does not count for this one. */
export const writeProbe = (
  tx: Tx,
  organizationId: OrganizationId,
  probe: { id: string; sealed: Buffer; kind: string; isControl: boolean; isEnabled: boolean },
): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO watch_probe (organization_id, id, probe_sealed, kind, is_control, is_enabled) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (organization_id, id) DO UPDATE SET probe_sealed = excluded.probe_sealed, kind = excluded.kind,
       is_control = excluded.is_control, is_enabled = excluded.is_enabled, failed_in_row = 0, succeeded_in_row = 0,
       state = 'unknown', changed_at = now()`,
    [organizationId, probe.id, probe.sealed, probe.kind, probe.isControl, probe.isEnabled],
  );

export async function removeProbe(tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> {
  const gone = await rows(tx, 'DELETE FROM watch_probe p WHERE p.organization_id = $1 AND p.id = $2 RETURNING p.id', [
    organizationId,
    id,
  ]);
  return gone.length === 1;
}

export interface NewResult {
  probeId: string;
  outcome: 'ok' | 'failed' | 'unknown';
  latencyMs: number;
  problem: ProbeProblem | null;
  replica: string;
}

/** Keeps the last ones. What nobody could see changes no count. @returns the probe as it is now; null when it is gone */
export async function addResult(tx: Tx, organizationId: OrganizationId, result: NewResult): Promise<ProbeRow | null> {
  const counted = await row<ProbeRow>(
    tx,
    `UPDATE watch_probe p SET
       failed_in_row = CASE $3 WHEN 'failed' THEN p.failed_in_row + 1 WHEN 'ok' THEN 0 ELSE p.failed_in_row END,
       succeeded_in_row = CASE $3 WHEN 'ok' THEN p.succeeded_in_row + 1 WHEN 'failed' THEN 0 ELSE p.succeeded_in_row END
     WHERE p.organization_id = $1 AND p.id = $2 RETURNING ${COLUMNS}`,
    [organizationId, result.probeId, result.outcome],
  );
  if (!counted) return null;
  await rows(
    tx,
    `INSERT INTO watch_result (organization_id, probe_id, id, outcome, latency_ms, problem, replica)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [...[organizationId, result.probeId, newId(), result.outcome, result.latencyMs, result.problem, result.replica]],
  );
  await rows(
    tx,
    `DELETE FROM watch_result r WHERE r.organization_id = $1 AND r.probe_id = $2 AND r.id <= (
       SELECT o.id FROM watch_result o WHERE o.organization_id = $1 AND o.probe_id = $2 ORDER BY o.id DESC OFFSET $3 LIMIT 1)`,
    [organizationId, result.probeId, WATCH.keptResults],
  );
  return counted;
}

export interface ResultRow {
  probe_id: string;
  at: Date;
  outcome: 'ok' | 'failed' | 'unknown';
  latency_ms: number;
  problem: ProbeProblem | null;
  replica: string;
}

/** The last ones of each probe, or of one, newest first. */
export const resultsOf = (
  tx: Tx,
  organizationId: OrganizationId,
  probeId: string | null,
  each: number,
): Promise<ResultRow[]> =>
  rows(
    tx,
    `SELECT r.probe_id, r.at, r.outcome, r.latency_ms, r.problem, r.replica FROM watch_probe p
     CROSS JOIN LATERAL (SELECT * FROM watch_result o WHERE o.organization_id = p.organization_id AND o.probe_id = p.id
       ORDER BY o.id DESC LIMIT $3) r
     WHERE p.organization_id = $1 AND ($2::uuid IS NULL OR p.id = $2) ORDER BY r.id DESC`,
    [organizationId, probeId, each],
  );

export const setState = (
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  state: ProbeRow['state'],
): Promise<unknown> =>
  rows(tx, 'UPDATE watch_probe p SET state = $3 WHERE p.organization_id = $1 AND p.id = $2', [
    organizationId,
    id,
    state,
  ]);

export async function watchSettingsOf(tx: Tx, organizationId: OrganizationId): Promise<WatchSettings> {
  const found = await row<{ settings: unknown }>(
    tx,
    'SELECT s.settings FROM watch_settings s WHERE s.organization_id = $1',
    [organizationId],
  );
  return watchSettings.parse(found?.settings ?? {});
}

export const writeWatchSettings = (tx: Tx, organizationId: OrganizationId, settings: WatchSettings): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO watch_settings (organization_id, settings) VALUES ($1, $2)
     ON CONFLICT (organization_id) DO UPDATE SET settings = excluded.settings, changed_at = now()`,
    [organizationId, JSON.stringify(settings)],
  );

export interface Conclusion {
  is_outage: boolean;
  changed_at: Date | null;
  /** How long it has been so, s; null when it was never otherwise. */
  held_seconds: number | null;
}

/** What was concluded so far. Whoever concludes holds it until the transaction ends. */
export async function lockConclusion(tx: Tx, organizationId: OrganizationId): Promise<Conclusion> {
  await rows(tx, 'INSERT INTO watch_state (organization_id) VALUES ($1) ON CONFLICT DO NOTHING', [organizationId]);
  const found = await row<Conclusion>(tx, `${CONCLUSION} FOR UPDATE`, [organizationId]);
  return found as Conclusion;
}

export const conclusionOf = (tx: Tx, organizationId: OrganizationId): Promise<Conclusion | null> =>
  row(tx, CONCLUSION, [organizationId]);

const CONCLUSION = `SELECT s.is_outage, s.changed_at,
  extract(epoch FROM clock_timestamp() - s.changed_at)::float8 AS held_seconds
  FROM watch_state s WHERE s.organization_id = $1`;

export const writeConclusion = (tx: Tx, organizationId: OrganizationId, isOutage: boolean): Promise<unknown> =>
  rows(tx, 'UPDATE watch_state s SET is_outage = $2, changed_at = clock_timestamp() WHERE s.organization_id = $1', [
    organizationId,
    isOutage,
  ]);

export interface Transition {
  at: Date;
  probe_id: string | null;
  became: 'up' | 'down' | 'outage' | 'over';
  problem: ProbeProblem | null;
}

const KEPT_TRANSITIONS = 1_000;

export async function addTransition(
  tx: Tx,
  organizationId: OrganizationId,
  {
    probeId,
    became,
    problem = null,
  }: { probeId: string | null; became: Transition['became']; problem?: string | null },
): Promise<void> {
  await rows(
    tx,
    'INSERT INTO watch_transition (organization_id, id, probe_id, became, problem) VALUES ($1, $2, $3, $4, $5)',
    [organizationId, newId(), probeId, became, problem],
  );
  await rows(
    tx,
    `DELETE FROM watch_transition t WHERE t.organization_id = $1 AND t.id <= (
       SELECT o.id FROM watch_transition o WHERE o.organization_id = $1 ORDER BY o.id DESC OFFSET $2 LIMIT 1)`,
    [organizationId, KEPT_TRANSITIONS],
  );
}

/** In their order. */
export const transitionsBetween = (
  tx: Tx,
  organizationId: OrganizationId,
  from: Date,
  to: Date,
): Promise<Transition[]> =>
  rows(
    tx,
    `SELECT t.at, t.probe_id, t.became, t.problem FROM watch_transition t
     WHERE t.organization_id = $1 AND t.at BETWEEN $2 AND $3 ORDER BY t.id`,
    [organizationId, from, to],
  );
