import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { startPasswordReset } from '@relais/contracts';
import { Clock } from '@relais/kernel';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database } from '../database/database.js';
import { actorSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { actorWith, assertReaches } from '../permissions/actor.postgres.js';
import { formatScopedSecret, newScopedSecret } from '../secrets/scoped-secret.js';
import { lockUser } from '../users/user-rows.postgres.js';
import { writePasswordReset } from './password-reset-rows.postgres.js';

type Command = z.output<typeof startPasswordReset.input>;

/** An administrator begins; the password itself they never learn nor choose. */
@Injectable()
export class StartPasswordResetHandler {
  constructor(
    private readonly db: Database,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  @Serves(startPasswordReset)
  async execute(
    { userId, validSeconds }: Command,
    { principal }: RequestContext,
  ): Promise<z.input<typeof startPasswordReset.output>> {
    const { organizationId } = principal;
    const token = newScopedSecret(organizationId);
    const expiresAt = new Date(this.clock.now().getTime() + validSeconds * 1_000);
    await this.db.within(organizationId, async (tx) => {
      const actor = await actorWith(tx, principal, 'manage_users', { userId });
      // Whoever holds a session must not make a password of it.
      if (userId === principal.userId) throw startPasswordReset.fail('own_account');
      const user = await lockUser(tx, organizationId, userId);
      if (user?.state !== 'active') throw startPasswordReset.fail('user_not_found');
      assertReaches(actor, user.role);
      await this.freshness.assertFresh(tx, principal);
      await writePasswordReset(tx, token, { userId, startedBy: principal.userId, expiresAt });
      await recordFact(tx, organizationId, {
        actor: actorSubject(principal),
        action: 'password-reset.started',
        object: userSubject(userId),
        after: { expiresAt: expiresAt.toISOString() },
      });
    });
    return { resetToken: formatScopedSecret(token), expiresAt: expiresAt.toISOString() };
  }
}
