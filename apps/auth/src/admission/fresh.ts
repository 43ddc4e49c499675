import { Injectable } from '@nestjs/common';
import { AppError, Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { policyOf } from '../authentication-policy/authentication-policy-rows.postgres.js';
import type { Tx } from '../database/database.js';

/** Asks for more than a session before something sensitive. */
@Injectable()
export class Freshness {
  constructor(private readonly clock: Clock) {}

  /**
   * Whether the person showed who they are as lately as their policy asks, five minutes where it says nothing.
   *
   * @throws AppError `step_up_required` (kind `forbidden`): see `beginStepUp`
   */
  async assertFresh(tx: Tx, principal: Principal): Promise<void> {
    const { stepUpSeconds } = await policyOf(tx, principal.organizationId, principal.userId);
    const ageMs = this.clock.now().getTime() - principal.authenticatedAtMs;
    if (ageMs > stepUpSeconds * 1_000) throw new AppError('forbidden', 'step_up_required');
  }
}
