import { Injectable, Optional } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { DRILL_LISTED, type DrillPlan, type DrillReport, listPoolIds } from '@relais/contracts';
import { Database } from '@relais/database';
import type { OrganizationId, PoolId, UserId } from '@relais/kernel';
import { Audiences } from '../audience.js';
import { EscalationPoliciesHandler } from '../policies/escalation-policies.js';
import { AHEAD_MS } from '../policies/time-ahead.js';
import { databaseNow } from '../rosters/duty-rows.postgres.js';
import { dutiesAhead } from '../rosters/duties-ahead.js';
import { gapsOf } from '../rosters/on-duty.js';
import { listRosterRows } from '../rosters/roster-rows.postgres.js';
import { Destinations, KINDS, type OutsidePath } from '../senders/destinations.js';
import { deadTokensOf, type DrillRow, pathsOf, reachOf } from './drill-rows.postgres.js';
import { share } from './score.js';

/** Looks at what a drill has shown, and at what would go wrong without any. */
@Injectable()
export class MeasureDrill {
  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
    private readonly audiences: Audiences,
    private readonly policies: EscalationPoliciesHandler,
    @Optional() private readonly destinations?: Destinations,
  ) {}

  async report(organizationId: OrganizationId, { id, plan }: DrillRow): Promise<DrillReport> {
    const { people, paths, deadTokens } = await this.db.within(organizationId, async (tx) => ({
      people: await reachOf(tx, organizationId, id),
      paths: await pathsOf(tx, organizationId, id),
      deadTokens: await deadTokensOf(tx, organizationId, id),
    }));
    const reached = new Set(people.flatMap(({ user_id, is_reached }) => (is_reached ? [user_id] : [])));
    const unreached = people.flatMap(({ user_id }) => (reached.has(user_id) ? [] : [user_id]));
    const duty = await this.duty(organizationId);
    const policies = await this.lint(organizationId);
    const sound = policies.filter(({ errors }) => errors === 0).length;
    return {
      ...{ people: people.length, reached: reached.size, paths: byPath(paths) },
      pools: await this.pools(organizationId, await this.poolsOf(organizationId, plan), {
        people: people.map(({ user_id }) => user_id),
        reached,
      }),
      deadTokens,
      unreached: unreached.slice(0, DRILL_LISTED),
      withoutPath: await this.withoutPath(organizationId, unreached.slice(0, DRILL_LISTED)),
      ...{ gaps: duty.gaps.slice(0, DRILL_LISTED), policies },
      parts: {
        reach: share(reached.size, people.length),
        ...{ duty: duty.share, policies: share(sound, policies.length) },
      },
    };
  }

  /** In a drill of everybody each pool is looked at. */
  private async poolsOf(organizationId: OrganizationId, { poolIds, everyone }: DrillPlan): Promise<readonly PoolId[]> {
    return everyone ? (await this.bus.request(listPoolIds, { organizationId })).poolIds : poolIds;
  }

  private async pools(
    organizationId: OrganizationId,
    poolIds: readonly PoolId[],
    { people, reached }: { people: readonly UserId[]; reached: ReadonlySet<UserId> },
  ): Promise<DrillReport['pools']> {
    const meant = new Set(people);
    const pools = [];
    for (const poolId of poolIds) {
      const members = await this.audiences.expand(organizationId, null, {
        ...{ userIds: [], poolIds: [poolId], everyone: false },
      });
      const mine = members.filter((userId) => meant.has(userId));
      pools.push({ poolId, people: mine.length, reached: mine.filter((userId) => reached.has(userId)).length });
    }
    return pools;
  }

  private async withoutPath(organizationId: OrganizationId, userIds: readonly UserId[]): Promise<UserId[]> {
    const { destinations } = this;
    if (!destinations) return [...userIds];
    const known = new Set<UserId>();
    for (const path of Object.keys(KINDS) as OutsidePath[])
      for (const userId of (await destinations.of(organizationId, userIds, path)).keys()) known.add(userId);
    return userIds.filter((userId) => !known.has(userId));
  }

  private async duty(organizationId: OrganizationId): Promise<{ gaps: DrillReport['gaps']; share: number }> {
    const { now, rosters } = await this.db.within(organizationId, async (tx) => ({
      now: await databaseNow(tx),
      rosters: await listRosterRows(tx, organizationId),
    }));
    const ahead = { from: now, to: now + AHEAD_MS };
    const gaps = [];
    for (const { id: rosterId, rules } of rosters)
      gaps.push(...gapsOf(await dutiesAhead(rules, ahead)).map((gap) => ({ rosterId, ...gap })));
    const openMs = gaps.reduce((sum, { from, to }) => sum + to - from, 0);
    const wholeMs = rosters.length * AHEAD_MS;
    const at = (ms: number) => new Date(ms).toISOString();
    return {
      gaps: gaps.map(({ rosterId, from, to }) => ({ rosterId, from: at(from), to: at(to) })),
      share: share(wholeMs - openMs, wholeMs),
    };
  }

  private async lint(organizationId: OrganizationId): Promise<DrillReport['policies']> {
    const checked = await this.policies.checkAll(organizationId);
    return checked.map(({ policyId, findings }) => {
      const errors = findings.filter(({ severity }) => severity === 'error').length;
      return { policyId, errors, warnings: findings.length - errors };
    });
  }
}

function byPath(found: Awaited<ReturnType<typeof pathsOf>>): DrillReport['paths'] {
  return [...Map.groupBy(found, ({ path }) => path)].map(([path, lines]) => {
    const sum = (what: 'told' | 'sent' | 'received' | 'failed') => lines.reduce((all, line) => all + line[what], 0);
    const problems = lines.flatMap(({ problem, failed }) =>
      problem && failed > 0 ? [[problem, failed] as const] : [],
    );
    return {
      ...{ path, told: sum('told'), sent: sum('sent'), received: sum('received'), failed: sum('failed') },
      problems: Object.fromEntries(problems),
    };
  });
}
