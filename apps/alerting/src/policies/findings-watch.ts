import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { setTimer, type Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { recordFact, systemSubject } from '../facts/record-fact.js';
import { measure } from '../measurements/measurements.postgres.js';
import { RosterLint } from '../rosters/roster-lint.js';
import { findRoster } from '../rosters/roster-rows.postgres.js';
import { EscalationPoliciesHandler } from './escalation-policies.js';
import {
  errorsBefore,
  forgetGone,
  foundInAll,
  keyOf,
  type Looked,
  type Subject,
  subjectsOf,
  writeLooked,
} from './finding-rows.postgres.js';
import { PolicyLint } from './policy-lint.js';

const DAY_SECONDS = 86_400;
/** Between two turns other errands have theirs. */
const AT_ONCE = 10;

type Findings = readonly { severity: 'error' | 'warning' }[];

/**
 * Looks every day whether policies and rosters would still work: people go, qualifications end, rotations run out. A few of
 * them in each turn; the `stage` of the timer says how many were looked at before.
 */
@Injectable()
export class FindingsWatch {
  constructor(
    private readonly db: Database,
    private readonly policies: EscalationPoliciesHandler,
    private readonly policyLint: PolicyLint,
    private readonly rosterLint: RosterLint,
  ) {}

  @Errand('findings')
  async look(timer: Timer, signal: AbortSignal): Promise<number | null> {
    const { organization_id: organizationId, stage } = timer;
    const page = { offset: stage, limit: AT_ONCE };
    const subjects = await this.db.within(organizationId, (tx) => subjectsOf(tx, organizationId, page));
    const looked = await this.lookAt(organizationId, subjects, signal);
    // One for which a whole turn is not enough keeps what was found before, and holds up no other.
    const isPassedOver = looked.length === 0 && subjects.length > 0 && isOver(signal);
    const next = stage + (isPassedOver ? 1 : looked.length);
    const isLast = subjects.length < AT_ONCE && next === stage + subjects.length;
    await this.db.within(organizationId, async (tx) => {
      if (stage === 0) await forgetGone(tx, organizationId);
      await this.write(tx, organizationId, looked);
      if (!isLast && next > stage) await setTimer(tx, organizationId, { ...timer, stage: next }, 0);
    });
    if (!isLast && next === stage) return 0;
    return stage === 0 ? DAY_SECONDS : null;
  }

  /** As many as this turn has time for. */
  private async lookAt(
    organizationId: OrganizationId,
    subjects: readonly Subject[],
    signal: AbortSignal,
  ): Promise<Looked[]> {
    const looked: Looked[] = [];
    for (const subject of subjects)
      try {
        looked.push(count(subject, await this.findingsOf(organizationId, subject, signal)));
      } catch (error) {
        if (!signal.aborted) throw error;
        break;
      }
    return looked;
  }

  /** Nothing in what is gone meanwhile: it is forgotten when it is looked again for that. */
  private async findingsOf(
    organizationId: OrganizationId,
    { kind, id }: Subject,
    signal: AbortSignal,
  ): Promise<Findings> {
    signal.throwIfAborted();
    if (kind === 'escalation-policy') {
      const policy = await this.policies.read(organizationId, id);
      return policy ? this.policyLint.check(organizationId, policy, signal) : [];
    }
    const roster = await this.db.within(organizationId, (tx) => findRoster(tx, organizationId, id));
    return roster ? this.rosterLint.check(organizationId, roster, signal) : [];
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
    await measure(tx, organizationId, 'findings', { ...(await foundInAll(tx, organizationId)) });
  }
}

/** Its time is over, and not only that of this replica. */
const isOver = ({ reason }: AbortSignal): boolean => reason instanceof DOMException && reason.name === 'TimeoutError';

const count = (subject: Subject, findings: Findings): Looked => {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return { ...subject, errors, warnings: findings.length - errors };
};
