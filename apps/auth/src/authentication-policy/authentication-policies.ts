import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  type AuthenticationPolicy,
  authenticationPolicy,
  type FactState,
  readAuthenticationPolicy,
  setAuthenticationPolicy,
} from '@relais/contracts';
import { Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, difference, recordFact } from '../facts/record-fact.js';
import { actorWith } from '../permissions/actor.postgres.js';
import {
  findPolicy,
  isOnPlatform,
  isPolicySubject,
  policyOf,
  type PolicyRow,
  writePolicy,
} from './authentication-policy-rows.postgres.js';
import { areAllowed, demandOf, isAtLeast, strengthOf } from './strength.js';

type Command = z.output<typeof setAuthenticationPolicy.input>;
type Answer = z.input<typeof readAuthenticationPolicy.output>;

/** What the organization and its pools demand at login. */
@Injectable()
export class AuthenticationPoliciesHandler {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly freshness: Freshness,
  ) {}

  @Serves(readAuthenticationPolicy)
  read({ subjectId }: { subjectId: string }, { principal }: RequestContext): Promise<Answer> {
    return this.db.within(principal.organizationId, async (tx) => {
      await this.assertAllowed(tx, principal, subjectId);
      return toAnswer(subjectId, await findPolicy(tx, principal.organizationId, subjectId));
    });
  }

  @Serves(setAuthenticationPolicy)
  set({ subjectId, policy }: Command, { principal }: RequestContext): Promise<Answer> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await this.assertAllowed(tx, principal, subjectId);
      await this.freshness.assertFresh(tx, principal);
      const before = await findPolicy(tx, organizationId, subjectId);
      const now = this.clock.now();
      await writePolicy(tx, organizationId, subjectId, policy, now);
      await this.assertStaysIn(tx, principal);
      await recordFact(tx, organizationId, {
        actor: actorSubject(principal),
        action: 'authentication-policy.changed',
        object: { kind: subjectId === organizationId ? 'organization' : 'pool', id: subjectId },
        ...difference(before ? stateOf(before.document) : {}, stateOf(policy)),
      });
      return toAnswer(subjectId, { document: policy, updated_at: now });
    });
  }

  private async assertAllowed(tx: Tx, principal: Principal, subjectId: string): Promise<void> {
    await actorWith(tx, principal, 'manage_policies');
    if (!(await isPolicySubject(tx, principal.organizationId, subjectId)))
      throw readAuthenticationPolicy.fail('policy_subject_not_found');
  }

  /** Looks at what now holds for the one who set it. */
  private async assertStaysIn(tx: Tx, principal: Principal): Promise<void> {
    const { role } = await actorWith(tx, principal, 'manage_policies');
    const policy: AuthenticationPolicy = await policyOf(tx, principal.organizationId, principal.userId);
    const isEnough = areAllowed(principal.amr, policy) && isAtLeast(strengthOf(principal.amr), demandOf(policy, role));
    if (!isEnough || !(await isOnPlatform(tx, principal, policy.platforms)))
      throw setAuthenticationPolicy.fail('would_lock_out');
  }
}

/** Facts hold flat values. */
const stateOf = ({ remoteLock, ...policy }: AuthenticationPolicy): FactState => ({
  ...policy,
  ...(remoteLock ? { remoteLockGraceHours: remoteLock.graceHours } : {}),
});

const toAnswer = (subjectId: string, found: PolicyRow | null): Answer => ({
  subjectId,
  policy: authenticationPolicy.parse(found?.document ?? {}),
  ...(found ? { updatedAt: found.updated_at.toISOString() } : {}),
});
