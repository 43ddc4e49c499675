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
    if (!(await this.isFresh(tx, principal))) throw new AppError('forbidden', 'step_up_required');
  }

  async isFresh(tx: Tx, principal: Principal): Promise<boolean> {
    const { stepUpSeconds } = await policyOf(tx, principal.organizationId, principal.userId);
    return this.clock.now().getTime() - principal.authenticatedAtMs <= stepUpSeconds * 1_000;
  }
}
