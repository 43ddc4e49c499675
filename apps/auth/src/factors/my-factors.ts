import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type Factor, listFactors, listFactorsOf, removeFactor, renewRecoveryCodes } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { type Actor, actorOf, actorWith, assertReaches } from '../permissions/actor.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { findUser, lockUser } from '../users/user-rows.postgres.js';
import { endOtherSessions, FactorEnrolment } from './factor-enrolment.js';
import { confirmedFactors, deleteFactor, recoveryCodesLeft, replaceRecoveryCodes } from './factor-rows.postgres.js';
import { newRecoveryCodes, recoveryCodeHash } from './recovery-codes.js';

type Listed = z.input<typeof listFactors.output>;

/** What a person can show beside a password. */
@Injectable()
export class MyFactorsHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly enrolment: FactorEnrolment,
    private readonly freshness: Freshness,
    private readonly revocations: Revocations,
  ) {}

  @Serves(listFactors)
  async list(_: unknown, { principal }: RequestContext): Promise<Listed> {
    const { organizationId, userId } = principal;
    return this.describe(
      organizationId,
      await this.db.within(organizationId, (tx) => factorsOf(tx, organizationId, userId)),
    );
  }

  @Serves(listFactorsOf)
  async listOf({ userId }: z.output<typeof listFactorsOf.input>, { principal }: RequestContext): Promise<Listed> {
    const { organizationId } = principal;
    const listed = await this.db.within(organizationId, async (tx) => {
      const actor = await mayRemove(tx, principal, userId);
      const user = await findUser(tx, organizationId, userId);
      if (!user) throw listFactorsOf.fail('user_not_found');
      assertReaches(actor, user.role);
      return factorsOf(tx, organizationId, userId);
    });
    return this.describe(organizationId, listed);
  }

  private async describe(organizationId: OrganizationId, { found, left }: Awaited<ReturnType<typeof factorsOf>>) {
    const sealed = found.map((one) => one.name_sealed);
    const reader = await this.personal.reader(organizationId, sealed);
    const items = found.map((one) => ({
      id: one.id,
      kind: one.kind,
      name: reader.open('factor.name', one.id, one.name_sealed),
      createdAt: one.created_at.toISOString(),
      ...(one.last_used_at ? { lastUsedAt: one.last_used_at.toISOString() } : {}),
    })) as Factor[];
    return { items, recoveryCodesLeft: left };
  }

  @Serves(renewRecoveryCodes)
  renew(_: unknown, { principal }: RequestContext): Promise<{ codes: string[] }> {
    const { organizationId, userId } = principal;
    const codes = newRecoveryCodes();
    return this.db.within(organizationId, async (tx) => {
      await this.enrolment.assertMayAdd(tx, principal, 'recovery_code');
      await replaceRecoveryCodes(tx, organizationId, userId, codes.map(recoveryCodeHash));
      await recordFact(tx, organizationId, {
        actor: actorSubject(principal),
        action: 'recovery-codes.renewed',
        object: userSubject(userId),
      });
      return { codes };
    });
  }

  /**
   * One's own, or with `manage_users` that of somebody not above the own role. The last one of somebody else takes a
   * second administrator: see resets/factor-resets.ts.
   */
  @Serves(removeFactor)
  async remove({ userId, factorId }: z.output<typeof removeFactor.input>, { principal }: RequestContext) {
    const { organizationId } = principal;
    const revocations = await this.db.within(organizationId, async (tx) => {
      const isOwn = userId === principal.userId;
      const actor = await mayRemove(tx, principal, userId);
      const user = await lockUser(tx, organizationId, userId);
      if (!user) throw removeFactor.fail('factor_not_found');
      assertReaches(actor, user.role);
      await this.freshness.assertFresh(tx, principal);
      if (!isOwn && (await isLast(tx, organizationId, userId, factorId))) throw removeFactor.fail('approval_required');
      const gone = await deleteFactor(tx, organizationId, userId, factorId);
      if (!gone) throw removeFactor.fail('factor_not_found');
      await recordFact(tx, organizationId, {
        actor: actorSubject(principal),
        action: 'factor.removed',
        object: { kind: 'factor', id: factorId },
        before: { kind: gone.kind, userId },
      });
      return endOtherSessions(tx, principal, userId);
    });
    this.revocations.announce(revocations);
    return {};
  }
}

const mayRemove = (tx: Tx, principal: Principal, userId: UserId): Promise<Actor> =>
  userId === principal.userId ? actorOf(tx, principal) : actorWith(tx, principal, 'manage_users', { userId });

const factorsOf = async (tx: Tx, organizationId: OrganizationId, userId: UserId) => ({
  found: await confirmedFactors(tx, organizationId, userId),
  left: await recoveryCodesLeft(tx, organizationId, userId),
});

async function isLast(tx: Tx, organizationId: OrganizationId, userId: UserId, factorId: string): Promise<boolean> {
  const known = await confirmedFactors(tx, organizationId, userId);
  return known.length === 1 && known[0]?.id === factorId;
}
