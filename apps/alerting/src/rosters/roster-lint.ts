import { Injectable } from '@nestjs/common';
import type { RosterFinding } from '@relais/contracts';
import { Database } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { Audiences } from '../audience.js';
import { Reach } from '../contact-rules/reach.js';
import { AHEAD_MS } from '../policies/time-ahead.js';
import { hasQualification, withoutQualification } from '../qualifications/qualification-rows.postgres.js';
import { databaseNow } from './duty-rows.postgres.js';
import { DAY_MS } from './local-clock.js';
import { dutiesAhead } from './duties-ahead.js';
import { type DutyRules, gapsOf } from './on-duty.js';
import type { RosterRow } from './roster-rows.postgres.js';

/** More gaps than this are counted, not listed. */
const MOST_GAPS = 20;

/** Finds before it is needed when nobody would be on duty, or somebody who cannot be. */
@Injectable()
export class RosterLint {
  constructor(
    private readonly db: Database,
    private readonly audiences: Audiences,
    private readonly reach: Reach,
  ) {}

  async check(organizationId: OrganizationId, roster: RosterRow, signal?: AbortSignal): Promise<RosterFinding[]> {
    const everybody = peopleIn(roster.rules);
    const audience = { userIds: everybody, poolIds: [], everyone: false };
    const active = new Set(await this.audiences.expand(organizationId, null, audience));
    const now = await this.db.within(organizationId, (tx) => databaseNow(tx));
    return [
      ...gaps(gapsOf(await dutiesAhead(roster.rules, { from: now, to: now + AHEAD_MS }))),
      ...(await this.qualified(organizationId, roster)),
      ...everybody.filter((id) => !active.has(id)).map(unknownPerson),
      ...(await this.reach.findings(organizationId, [...active], 'default', signal)),
    ];
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
