import { Injectable } from '@nestjs/common';
import { beginTotp, type FactorKind, type Revocation } from '@relais/contracts';
import { AppError, type UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Freshness } from '../admission/fresh.js';
import { policyOf } from '../authentication-policy/authentication-policy-rows.postgres.js';
import type { Tx } from '../database/database.js';
import { actorOf } from '../permissions/actor.postgres.js';
import { endSessions } from '../sessions/session-rows.postgres.js';
import { confirmedFactors, type FactorRow } from './factor-rows.postgres.js';

/**
 * Ends what else is open, where the policy says so: whoever came in before the change may be why there is one. The
 * session that asks stays. Announce what is returned.
 */
export async function endOtherSessions(
  tx: Tx,
  { organizationId, userId, sessionId }: Pick<Principal, 'organizationId' | 'userId' | 'sessionId'>,
  ofUser: UserId = userId,
): Promise<Revocation[]> {
  const { factorChangeEndsSessions } = await policyOf(tx, organizationId, ofUser);
  if (!factorChangeEndsSessions) return [];
  return endSessions(tx, 'factors', organizationId, { userId: ofUser, except: sessionId });
}

/** Who may add a factor to their account. */
@Injectable()
export class FactorEnrolment {
  constructor(private readonly freshness: Freshness) {}

  /**
   * The person who asks, who showed lately who they are. A session that was opened to enrol a factor may add the first one
   * only: whoever knows a password must not add a factor beside those of its owner.
   *
   * @returns what the person has already
   * @throws AppError `factor_not_allowed`, `step_up_required`, `forbidden`
   */
  async assertMayAdd(tx: Tx, principal: Principal, kind: FactorKind): Promise<FactorRow[]> {
    const { organizationId, userId } = principal;
    await actorOf(tx, principal);
    const policy = await policyOf(tx, organizationId, userId);
    if (!policy.allowedFactors.includes(kind)) throw beginTotp.fail('factor_not_allowed');
    const known = await confirmedFactors(tx, organizationId, userId);
    if (principal.isLimited && known.length > 0) throw new AppError('forbidden', 'step_up_required');
    await this.freshness.assertFresh(tx, principal);
    return known;
  }
}
