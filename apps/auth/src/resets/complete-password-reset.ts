import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { completePasswordReset, type Revocation } from '@relais/contracts';
import { Clock, type UserId } from '@relais/kernel';
import type { z } from 'zod';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { findOrganization } from '../organizations/organization-rows.postgres.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { PASSWORD_PROBLEMS, PasswordPolicy } from '../passwords/password-policy.js';
import { PersonalData } from '../sealing/personal-data.js';
import { parseScopedSecret, type ScopedSecret } from '../secrets/scoped-secret.js';
import { endSessions } from '../sessions/session-rows.postgres.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { findUser, lockUser } from '../users/user-rows.postgres.js';
import { mayReset } from './may-reset.js';
import { findPasswordReset, usePasswordReset, writePassword } from './password-reset-rows.postgres.js';

type Command = z.output<typeof completePasswordReset.input>;

/** Whoever holds the token chooses a password, once; it opens no session and takes no factor away. */
@Injectable()
export class CompletePasswordResetHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
    private readonly events: EventLog,
  ) {}

  @Serves(completePasswordReset)
  async execute({ resetToken, newPassword }: Command): Promise<Record<never, never>> {
    const token = parseScopedSecret(resetToken);
    // Looked at twice: now, so that strangers cannot make us hash; and in the transaction that uses it up.
    const account = token && (await this.accountOf(token));
    if (!account) throw completePasswordReset.fail('reset_refused');
    this.hasher.assertRoom();
    const problem = this.policy.problemOf(newPassword, account.known);
    if (problem) throw completePasswordReset.fail('password_refused', PASSWORD_PROBLEMS[problem]);
    const hash = await this.hasher.hash(newPassword);
    this.revocations.announce(await this.db.within(token.organizationId, (tx) => this.write(tx, token, hash)));
    this.events.changed('auth.password_reset', token.organizationId, account.userId);
    return {};
  }

  private async accountOf(token: ScopedSecret): Promise<{ userId: UserId; known: string[] } | null> {
    const { organizationId } = token;
    const found = await this.db.within(organizationId, async (tx) => {
      const userId = await this.personOf(tx, token);
      const user = userId && (await findUser(tx, organizationId, userId));
      const organization = user && (await findOrganization(tx, organizationId));
      return user && organization && { user, handle: organization.handle };
    });
    if (!found) return null;
    const { id, email_sealed, display_name_sealed } = found.user;
    const reader = await this.personal.reader(organizationId, [email_sealed, display_name_sealed]);
    const email = reader.open('app_user.email', id, email_sealed);
    const name = reader.open('app_user.display_name', id, display_name_sealed);
    return { userId: id, known: [email, name, found.handle] };
  }

  /** Whose password the token resets, if its maker could make it still. */
  private async personOf(tx: Tx, token: ScopedSecret): Promise<UserId | null> {
    const reset = await findPasswordReset(tx, token, this.clock.now());
    if (!reset) return null;
    const isBacked = await mayReset(tx, token.organizationId, reset.started_by, reset.user_id);
    return isBacked ? reset.user_id : null;
  }

  private async write(tx: Tx, token: ScopedSecret, hash: string): Promise<Revocation[]> {
    const { organizationId } = token;
    const reset = await findPasswordReset(tx, token, this.clock.now());
    const user = reset && (await lockUser(tx, organizationId, reset.user_id));
    // Asked again now that nobody can change the person any more.
    if (!user || !(await this.personOf(tx, token)) || !(await usePasswordReset(tx, token, this.clock.now())))
      throw completePasswordReset.fail('reset_refused');
    await writePassword(tx, organizationId, user.id, hash);
    await recordFact(tx, organizationId, {
      actor: userSubject(user.id),
      onBehalfOf: userSubject(reset.started_by),
      action: 'password.reset',
      object: userSubject(user.id),
    });
    return endSessions(tx, 'password', organizationId, { userId: user.id });
  }
}
