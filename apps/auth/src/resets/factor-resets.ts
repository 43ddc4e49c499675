import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  approveFactorReset,
  type FactorReset,
  listFactorResets,
  rejectFactorReset,
  requestFactorReset,
  type Revocation,
} from '@relais/contracts';
import { Clock, newId, type UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, type NewFact, recordFact, userSubject } from '../facts/record-fact.js';
import {
  actorOf,
  actorSomewhere,
  actorWith,
  assertReaches,
  forbidden,
  standingOf,
} from '../permissions/actor.postgres.js';
import { endSessions } from '../sessions/session-rows.postgres.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { lockUser } from '../users/user-rows.postgres.js';
import {
  decideReset,
  deleteAllFactors,
  type FactorResetRow,
  findOpenReset,
  insertFactorReset,
  listFactorResetRows,
  toFactorReset,
} from './factor-reset-rows.postgres.js';
import { mayReset } from './may-reset.js';

type Which = { resetId: string };

/** Somebody has lost every factor: one administrator asks, another one who has looked for themselves agrees. */
@Injectable()
export class FactorResetsHandler {
  constructor(
    private readonly db: Database,
    private readonly freshness: Freshness,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
  ) {}

  @Serves(requestFactorReset)
  request({ userId }: { userId: UserId }, { principal }: RequestContext): Promise<FactorReset> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      const actor = await actorWith(tx, principal, 'manage_users', { userId });
      if (userId === principal.userId) throw requestFactorReset.fail('own_account');
      const user = await lockUser(tx, organizationId, userId);
      if (user?.state !== 'active') throw requestFactorReset.fail('user_not_found');
      assertReaches(actor, user.role);
      await this.freshness.assertFresh(tx, principal);
      const now = this.clock.now();
      const asked = { id: newId(), userId, requestedBy: principal.userId, now };
      const made = await insertFactorReset(tx, organizationId, asked);
      if (!made) throw requestFactorReset.fail('reset_open');
      await this.record(tx, principal, made, 'factor-reset.requested');
      return toFactorReset(made, now);
    });
  }

  @Serves(listFactorResets)
  async list(_: unknown, { principal }: RequestContext): Promise<{ items: FactorReset[] }> {
    const { organizationId, userId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      const { grants } = await actorOf(tx, principal);
      return listFactorResetRows(tx, organizationId, grants.get('manage_users') === 'everywhere' ? null : userId);
    });
    const now = this.clock.now();
    return { items: found.map((one) => toFactorReset(one, now)) };
  }

  @Serves(approveFactorReset)
  async approve({ resetId }: Which, { principal }: RequestContext): Promise<Record<never, never>> {
    const { organizationId } = principal;
    const revocations = await this.db.within(organizationId, (tx) => this.carryOut(tx, resetId, principal));
    this.revocations.announce(revocations);
    return {};
  }

  @Serves(rejectFactorReset)
  reject({ resetId }: Which, { principal }: RequestContext): Promise<Record<never, never>> {
    const { organizationId, userId: decidedBy } = principal;
    return this.db.within(organizationId, async (tx) => {
      await actorOf(tx, principal);
      const now = this.clock.now();
      const reset = await findOpenReset(tx, organizationId, resetId, now);
      const isConcerned = reset !== null && [reset.user_id, reset.requested_by].includes(decidedBy);
      if (!isConcerned) await this.assertMay(tx, principal, reset);
      if (!reset || !(await decideReset(tx, organizationId, resetId, { to: 'rejected', decidedBy, now })))
        throw rejectFactorReset.fail('reset_not_found');
      await this.record(tx, principal, reset, 'factor-reset.rejected');
      return {};
    });
  }

  private async carryOut(tx: Tx, resetId: string, principal: Principal): Promise<Revocation[]> {
    const { organizationId, userId: decidedBy } = principal;
    const now = this.clock.now();
    const reset = await findOpenReset(tx, organizationId, resetId, now);
    await this.assertMay(tx, principal, reset);
    if (!reset) throw approveFactorReset.fail('reset_not_found');
    if ([reset.requested_by, reset.user_id].includes(decidedBy)) throw approveFactorReset.fail('second_person_needed');
    await this.freshness.assertFresh(tx, principal);
    const { user_id: userId, requested_by } = reset;
    await lockUser(tx, organizationId, userId);
    const isBacked = await mayReset(tx, organizationId, requested_by, userId);
    if (!isBacked || !(await decideReset(tx, organizationId, resetId, { to: 'approved', decidedBy, now })))
      throw approveFactorReset.fail('reset_not_found');
    const factors = await deleteAllFactors(tx, organizationId, userId);
    await this.record(tx, principal, reset, 'factor-reset.approved', { factors });
    return endSessions(tx, 'factors', organizationId, { userId });
  }

  /** Whoever may deal with nobody's account learns nothing, not even whether there is such a request. */
  private async assertMay(tx: Tx, principal: Principal, reset: FactorResetRow | null): Promise<void> {
    if (!reset) return void (await actorSomewhere(tx, principal, 'manage_users'));
    const { userId } = principal;
    if (reset.user_id === userId) throw forbidden('it is your own account');
    const actor = await actorWith(tx, principal, 'manage_users', { userId: reset.user_id });
    const person = await standingOf(tx, principal.organizationId, reset.user_id);
    if (person) assertReaches(actor, person.role);
  }

  private record(
    tx: Tx,
    principal: Principal,
    { id, user_id, requested_by }: FactorResetRow,
    action: NewFact['action'],
    before?: { factors: number },
  ): Promise<void> {
    return recordFact(tx, principal.organizationId, {
      ...{ actor: actorSubject(principal), action, object: userSubject(user_id) },
      ...(before ? { before } : {}),
      after: { resetId: id, requestedBy: requested_by },
    });
  }
}
