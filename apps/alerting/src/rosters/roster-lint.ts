import { Injectable } from '@nestjs/common';
import type { RosterFinding } from '@relais/contracts';
import { Database } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { Audiences } from '../audience.js';
import { AHEAD_MS } from '../policies/time-ahead.js';
import { hasQualification, withoutQualification } from '../qualifications/qualification-rows.postgres.js';
import { databaseNow } from './duty-rows.postgres.js';
import { DAY_MS } from './local-clock.js';
import { type DutyRules, dutySpans, gapsOf } from './on-duty.js';
import type { RosterRow } from './roster-rows.postgres.js';

/** More gaps than this are counted, not listed. */
const MOST_GAPS = 20;

/** Finds before it is needed when nobody would be on duty, or somebody who cannot be. */
@Injectable()
export class RosterLint {
  constructor(
    private readonly db: Database,
    private readonly audiences: Audiences,
  ) {}

  async check(organizationId: OrganizationId, roster: RosterRow): Promise<RosterFinding[]> {
    const [findings] = await this.checkAll(organizationId, [roster]);
    return findings ?? [];
  }

  /** Of each roster, with one question for all their people. */
  async checkAll(organizationId: OrganizationId, rosters: readonly RosterRow[]): Promise<RosterFinding[][]> {
    const everybody = [...new Set(rosters.flatMap(({ rules }) => peopleIn(rules)))];
    const audience = { userIds: everybody, poolIds: [], everyone: false };
    const active = new Set(await this.audiences.expand(organizationId, null, audience));
    const findings: RosterFinding[][] = [];
    for (const roster of rosters)
      findings.push([
        ...(await this.qualified(organizationId, roster)),
        ...peopleIn(roster.rules)
          .filter((id) => !active.has(id))
          .map(unknownPerson),
      ]);
    const now = await this.db.within(organizationId, (tx) => databaseNow(tx));
    return rosters.map(({ rules }, at) => [
      ...gaps(gapsOf(dutySpans(rules, now, now + AHEAD_MS))),
      ...(findings[at] ?? []),
    ]);
  }

  private async qualified(
    organizationId: OrganizationId,
    { qualification_id: qualificationId, rules }: RosterRow,
  ): Promise<RosterFinding[]> {
    if (!qualificationId) return [];
    return this.db.within(organizationId, async (tx) => {
      if (!(await hasQualification(tx, organizationId, qualificationId))) return [UNKNOWN_QUALIFICATION];
      const wanted = { qualificationId, userIds: peopleIn(rules), days: AHEAD_MS / DAY_MS };
      return (await withoutQualification(tx, organizationId, wanted)).map(unqualified);
    });
  }
}

const peopleIn = ({ layers, overrides }: DutyRules): UserId[] => [
  ...new Set([
    ...layers.flatMap(({ userIds }) => userIds),
    ...overrides.flatMap(({ override }) => override.userId ?? []),
  ]),
];

function gaps(found: readonly { from: number; to: number }[]): RosterFinding[] {
  const listed = found.slice(0, MOST_GAPS).map(({ from, to }): RosterFinding => {
    const span = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
    return { severity: 'warning', code: 'gap', ...span, says: `nobody is on duty from ${span.from} to ${span.to}` };
  });
  if (found.length <= MOST_GAPS) return listed;
  const more = found.length - MOST_GAPS;
  return [...listed, { severity: 'warning', code: 'gap', says: `and ${more} more times in the next 14 days` }];
}

const unknownPerson = (id: UserId): RosterFinding => ({
  ...{ severity: 'error', code: 'unknown_person' },
  says: `${id} is not here any more: nobody hears alarms in their shifts`,
});

const UNKNOWN_QUALIFICATION: RosterFinding = {
  ...{ severity: 'error', code: 'unknown_qualification' },
  says: 'the qualification that it asks for is not there any more',
};

const unqualified = ({ userId, ends }: { userId: UserId; ends: boolean }): RosterFinding => ({
  ...{ severity: ends ? 'warning' : 'error', code: 'unqualified' },
  says: ends
    ? `${userId} holds the qualification of this roster for less than 14 days`
    : `${userId} does not hold the qualification of this roster`,
});
