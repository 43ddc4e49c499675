import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { recordFact, systemSubject } from '../facts/record-fact.js';
import { measure } from '../measurements/measurements.postgres.js';
import { RosterLint } from '../rosters/roster-lint.js';
import { listRosterRows } from '../rosters/roster-rows.postgres.js';
import { EscalationPoliciesHandler } from './escalation-policies.js';
import { errorsBefore, keyOf, type Looked, writeLooked } from './finding-rows.postgres.js';
import { PolicyLint } from './policy-lint.js';

const DAY_SECONDS = 86_400;
/** Looks every day whether policies and rosters would still work: people go, qualifications end, rotations run out. */
@Injectable()
export class FindingsWatch {
  constructor(
    private readonly db: Database,
    private readonly policies: EscalationPoliciesHandler,
    private readonly policyLint: PolicyLint,
    private readonly rosterLint: RosterLint,
  ) {}

  @Errand('findings')
  async look({ organization_id: organizationId }: Timer): Promise<number> {
    const policies = await this.policies.all(organizationId);
    const rosters = await this.db.within(organizationId, (tx) => listRosterRows(tx, organizationId));
    const ofPolicies = await this.policyLint.checkAll(
      organizationId,
      policies.map(({ policy }) => policy),
    );
    const ofRosters = await this.rosterLint.checkAll(organizationId, rosters);
    const looked = [
      ...policies.map(({ id }, at) => count('escalation-policy', id, ofPolicies[at] ?? [])),
      ...rosters.map(({ id }, at) => count('roster', id, ofRosters[at] ?? [])),
    ];
    await this.db.within(organizationId, (tx) => this.write(tx, organizationId, looked));
    return DAY_SECONDS;
  }

  private async write(tx: Tx, organizationId: OrganizationId, looked: readonly Looked[]): Promise<void> {
    const before = await errorsBefore(tx, organizationId);
    for (const { kind, id, errors, warnings } of looked)
      if (errors > (before.get(keyOf({ kind, id })) ?? 0))
        await recordFact(tx, organizationId, {
          ...{ actor: systemSubject('findings'), action: 'alarm-findings.error-found', object: { kind, id } },
          after: { errors, warnings },
        });
    await writeLooked(tx, organizationId, looked);
    const sum = (of: (one: Looked) => number) => looked.reduce((total, one) => total + of(one), 0);
    await measure(tx, organizationId, 'findings', {
      ...{ error: sum(({ errors }) => errors), warning: sum(({ warnings }) => warnings) },
    });
  }
}

const count = (kind: Looked['kind'], id: string, findings: readonly { severity: 'error' | 'warning' }[]): Looked => {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return { kind, id, errors, warnings: findings.length - errors };
};
