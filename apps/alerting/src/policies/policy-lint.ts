import { Injectable } from '@nestjs/common';
import type { AlarmSettings, EscalationPolicy, EscalationStep, PolicyFinding } from '@relais/contracts';
import { Database } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { Audiences } from '../audience.js';
import { Reach } from '../contact-rules/reach.js';
import { databaseNow } from '../rosters/duty-rows.postgres.js';
import type { Span } from '../rosters/local-clock.js';
import { listRosterRows } from '../rosters/roster-rows.postgres.js';
import { settingsOf } from '../settings-rows.postgres.js';
import { staticAudienceOf } from './static-audience.js';
import { AHEAD_MS, onDutyIn, overlapOf, windowsOf, without } from './time-ahead.js';

/** What is known when policies are looked at. */
export interface Known {
  nowMs: number;
  active: ReadonlySet<UserId>;
  /** Pools in which somebody is. */
  pools: ReadonlySet<string>;
  /** When somebody is on duty by each roster within `AHEAD_MS`. */
  rosters: ReadonlyMap<string, readonly Span[]>;
  settings: AlarmSettings;
}

/** Finds before the emergency what would not work in it. */
@Injectable()
export class PolicyLint {
  constructor(
    private readonly db: Database,
    private readonly audiences: Audiences,
    private readonly reach: Reach,
  ) {}

  /** @param signal gives up between two of its questions; the promise rejects then */
  async check(
    organizationId: OrganizationId,
    policy: EscalationPolicy,
    signal?: AbortSignal,
  ): Promise<PolicyFinding[]> {
    const known = await this.gather(organizationId, policy);
    return [...lintPolicy(policy, known), ...(await this.unreached(organizationId, policy, signal))];
  }

  /** Whom it could not tell, step by step. */
  private async unreached(
    organizationId: OrganizationId,
    { steps }: EscalationPolicy,
    signal: AbortSignal | undefined,
  ): Promise<PolicyFinding[]> {
    const findings: PolicyFinding[] = [];
    for (const [step, rules] of steps.entries()) {
      signal?.throwIfAborted();
      const userIds = await this.audiences.expand(organizationId, null, staticAudienceOf(rules));
      const found = await this.reach.findings(organizationId, userIds, rules.rules, signal);
      findings.push(...found.map((finding) => ({ ...finding, step })));
    }
    return findings;
  }

  private async gather(organizationId: OrganizationId, { steps }: EscalationPolicy): Promise<Known> {
    const audiences = steps.map(staticAudienceOf);
    const userIds = [...new Set(audiences.flatMap((one) => one.userIds))];
    const nobody = { userIds: [], poolIds: [], everyone: false };
    const pools = new Set<string>();
    for (const poolId of new Set(audiences.flatMap((one) => one.poolIds)))
      if ((await this.audiences.expand(organizationId, null, { ...nobody, poolIds: [poolId] })).length > 0)
        pools.add(poolId);
    const active = new Set(await this.audiences.expand(organizationId, null, { ...nobody, userIds }));
    const { rosters: found, ...rest } = await this.db.within(organizationId, async (tx) => ({
      ...{ nowMs: await databaseNow(tx), settings: await settingsOf(tx, organizationId) },
      rosters: await listRosterRows(tx, organizationId, steps.flatMap(rostersOf)),
    }));
    const ahead = { from: rest.nowMs, to: rest.nowMs + AHEAD_MS };
    const rosters = new Map<string, readonly Span[]>();
    for (const { id, rules } of found) rosters.set(id, await onDutyIn(rules, ahead));
    return { ...rest, active, pools, rosters };
  }
}

export const lintPolicy = ({ steps }: EscalationPolicy, known: Known): PolicyFinding[] =>
  steps.flatMap((rules, step) =>
    [...people(rules, known), ...duties(rules, known), ...ringing(rules, known), ...neverDue(rules)].map((finding) => ({
      ...finding,
      step,
    })),
  );

function people(rules: EscalationStep, known: Known): PolicyFinding[] {
  const gone = staticAudienceOf(rules).userIds.filter((id) => !known.active.has(id));
  const findings = gone.map((id): PolicyFinding => {
    const says = `${id} is not here any more: take them out of this step`;
    return { severity: 'warning', code: 'unknown_person', says };
  });
  if (hasPeople(rules, known) || rostersOf(rules).length > 0) return findings;
  const says = 'nobody is told in this step: put people into its pools, or take it out';
  return [...findings, { severity: 'error', code: 'empty_step', says }];
}

function hasPeople(rules: EscalationStep, { active, pools }: Known): boolean {
  const { userIds, poolIds } = staticAudienceOf(rules);
  return userIds.some((id) => active.has(id)) || poolIds.some((id) => pools.has(id));
}

const rostersOf = ({ targets }: EscalationStep): string[] =>
  targets.flatMap((target) => (target.kind === 'roster' ? [target.rosterId] : []));

/** Who is on duty matters where nobody else is told. */
function duties(rules: EscalationStep, known: Known): PolicyFinding[] {
  const ids = rostersOf(rules);
  const unknown = ids.filter((id) => !known.rosters.has(id));
  const findings = unknown.map((id): PolicyFinding => {
    const says = `there is no roster ${id}: name another, or take it out of this step`;
    return { severity: 'error', code: 'unknown_roster', says };
  });
  if (ids.length === 0 || hasPeople(rules, known)) return findings;
  const span = { from: known.nowMs, to: known.nowMs + AHEAD_MS };
  const windows = windowsOf(rules.hours, span);
  const onDuty = ids.flatMap((id) => known.rosters.get(id) ?? []);
  if (overlapOf(windows, onDuty) > 0) return [...findings, ...gapsIn(without(windows, onDuty))];
  const says = 'nobody is on duty in its hours within the next 14 days: this step tells nobody';
  return [...findings, { severity: 'error', code: rules.hours ? 'never_due' : 'nobody_on_duty', says }];
}

const MOST_GAPS = 10;

function gapsIn(gaps: readonly Span[]): PolicyFinding[] {
  if (gaps.length === 0) return [];
  const listed = gaps.slice(0, MOST_GAPS).map(({ from, to }) => `${iso(from)} to ${iso(to)}`);
  const more = gaps.length > MOST_GAPS ? [`${gaps.length - MOST_GAPS} more times`] : [];
  const says = `nobody is on duty, and this step tells nobody, from ${[...listed, ...more].join(', ')}`;
  return [{ severity: 'warning', code: 'nobody_on_duty', says }];
}

const iso = (at: number): string => new Date(at).toISOString();

/** The ways to a person, one after the other, should be through before others are told. */
function ringing({ waitSeconds }: EscalationStep, { settings }: Known): PolicyFinding[] {
  const { paths, deviceSilentSeconds } = settings;
  const seconds = paths.slice(0, -1).reduce((sum, path) => sum + deviceSilentSeconds[path], 0);
  if (seconds < waitSeconds) return [];
  const says = `the last way to a person is tried after ${seconds} s, and the next step comes after ${waitSeconds} s already`;
  return [{ severity: 'warning', code: 'ring_outlasts_wait', says }];
}

function neverDue({ unlessAccepted }: EscalationStep): PolicyFinding[] {
  if (unlessAccepted !== 1) return [];
  const says =
    'left out as soon as one person has taken the alarm on, and with usual alarms nothing comes after that anyway';
  return [{ severity: 'warning', code: 'never_due', says }];
}
