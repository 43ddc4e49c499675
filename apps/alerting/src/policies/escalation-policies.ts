import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  deleteEscalationPolicy,
  type EscalationPolicy,
  lintEscalationPolicy,
  listEscalationPolicies,
  type PolicyFinding,
  putEscalationPolicy,
} from '@relais/contracts';
import { Database, row } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import { watchFindings } from './findings-timer.js';
import { PolicyLint } from './policy-lint.js';
import { deletePolicy, findPolicy, listPolicies, putPolicy } from './policy-rows.postgres.js';

const MOST_POLICIES = 500;

/** Who is told next when nobody answers: made, looked at, checked and deleted by administrators. */
@Injectable()
export class EscalationPoliciesHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly sealing: Sealing,
    private readonly lint: PolicyLint,
  ) {}

  @Serves(putEscalationPolicy)
  async put(
    { policyId, policy }: z.output<typeof putEscalationPolicy.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof putEscalationPolicy.output>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId, userId } = principal;
    const sealed = await this.sealing.seal(organizationId, 'escalation_policy.policy', policyId, policy);
    await this.db.within(organizationId, async (tx) => {
      for (const { hours } of policy.steps) if (hours) await assertTimeZone(tx, hours.timeZone);
      const all = await listPolicies(tx, organizationId);
      if (all.length >= MOST_POLICIES && !all.some(({ id }) => id === policyId))
        throw putEscalationPolicy.fail('too_many_policies', `there are ${MOST_POLICIES}: delete one`);
      await putPolicy(tx, organizationId, policyId, sealed);
      await watchFindings(tx, organizationId);
      await recordFact(tx, organizationId, {
        actor: userSubject(userId),
        action: 'escalation-policy.set',
        object: { kind: 'escalation-policy', id: policyId },
        after: { steps: policy.steps.length, repeat: policy.repeat },
      });
    });
    return { id: policyId, policy, findings: await this.lint.check(organizationId, policy) };
  }

  @Serves(listEscalationPolicies)
  async list(_: unknown, { principal }: RequestContext): Promise<z.input<typeof listEscalationPolicies.output>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, (tx) => listPolicies(tx, organizationId));
    const policies = await this.sealing.openAll<EscalationPolicy>(
      organizationId,
      'escalation_policy.policy',
      found.map(({ id, policy_sealed }) => ({ id, sealed: policy_sealed })),
    );
    // Those that can be opened.
    return { items: found.flatMap(({ id }, at) => (policies[at] ? [{ id, policy: policies[at] }] : [])) };
  }

  @Serves(lintEscalationPolicy)
  async check(
    { policyId }: { policyId: string },
    { principal }: RequestContext,
  ): Promise<{ findings: PolicyFinding[] }> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    const policy = await this.read(organizationId, policyId);
    if (!policy) throw lintEscalationPolicy.fail('policy_not_found');
    return { findings: await this.lint.check(organizationId, policy) };
  }

  @Serves(deleteEscalationPolicy)
  async delete({ policyId }: { policyId: string }, { principal }: RequestContext): Promise<Record<string, never>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId, userId } = principal;
    return this.db.within(organizationId, async (tx) => {
      if (!(await deletePolicy(tx, organizationId, policyId))) throw deleteEscalationPolicy.fail('policy_not_found');
      await watchFindings(tx, organizationId);
      await recordFact(tx, organizationId, {
        actor: userSubject(userId),
        action: 'escalation-policy.deleted',
        object: { kind: 'escalation-policy', id: policyId },
      });
      return {};
    });
  }

  /** What would not work of any of them. */
  async checkAll(organizationId: OrganizationId): Promise<{ policyId: string; findings: PolicyFinding[] }[]> {
    const found = await this.db.within(organizationId, (tx) => listPolicies(tx, organizationId));
    const checked = [];
    for (const { id } of found) {
      const policy = await this.read(organizationId, id);
      if (policy) checked.push({ policyId: id, findings: await this.lint.check(organizationId, policy) });
    }
    return checked;
  }

  /** For who raises an alarm with it. */
  async read(organizationId: OrganizationId, policyId: string): Promise<EscalationPolicy | null> {
    const found = await this.db.within(organizationId, (tx) => findPolicy(tx, organizationId, policyId));
    return (
      found &&
      this.sealing.open<EscalationPolicy>(organizationId, 'escalation_policy.policy', policyId, found.policy_sealed)
    );
  }
}

/** One that PostgreSQL knows, because its clock decides. */
async function assertTimeZone(tx: Parameters<typeof row>[0], name: string): Promise<void> {
  const known = await row(tx, 'SELECT z.name FROM pg_timezone_names z WHERE z.name = $1', [name]);
  if (!known) throw putEscalationPolicy.fail('unknown_time_zone', `${name} is no time zone, such as Europe/Berlin`);
}
