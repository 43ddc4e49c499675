import { Injectable } from '@nestjs/common';
import { changePassword, type Revocation } from '@relais/contracts';
import type { AppError } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { actorSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { Refusals } from '../facts/refusals.js';
import { findOrganization } from '../organizations/organization-rows.postgres.js';
import { forbidden } from '../permissions/actor.postgres.js';
import { dropPasswordReset } from '../resets/password-reset-rows.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { endSessions } from '../sessions/session-rows.postgres.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { exchangePassword, findUser, lockUser } from '../users/user-rows.postgres.js';
import { LoginThrottle } from './login-throttle.postgres.js';
import { PasswordHasher } from './password-hasher.js';
import { PASSWORD_PROBLEMS, PasswordPolicy } from './password-policy.js';

type Command = z.output<typeof changePassword.input>;

/** Exchanges the password of the caller, who must know the current one, and ends their other sessions. */
@Injectable()
export class ChangePasswordHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly throttle: LoginThrottle,
    private readonly revocations: Revocations,
    private readonly events: EventLog,
    private readonly refusals: Refusals,
  ) {}

  async execute(principal: Principal, { currentPassword, newPassword }: Command): Promise<Record<never, never>> {
    this.hasher.assertRoom();
    const account = await this.accountOf(principal);
    const attempt = {
      organization: account.handle,
      email: account.email,
      deviceId: principal.deviceId,
      isKnownDevice: true,
    };
    await this.throttle.count(attempt);
    if (!(await this.hasher.verify(account.passwordHash, currentPassword))) throw this.refuse(principal);
    await this.throttle.forgive(attempt);
    const problem = this.policy.problemOf(newPassword, [account.email, account.handle, account.displayName]);
    if (problem) throw changePassword.fail('password_refused', PASSWORD_PROBLEMS[problem]);
    const newHash = await this.hasher.hash(newPassword);
    this.revocations.announce(await this.exchange(principal, account.passwordHash, newHash));
    this.events.changed('auth.password_changed', principal.organizationId, principal.userId);
    return {};
  }

  private refuse(principal: Principal): AppError {
    const actor = actorSubject(principal);
    this.refusals.note(principal.organizationId, { actor, action: 'password.changed', object: actor });
    return changePassword.fail('wrong_password');
  }

  private async accountOf({ organizationId, userId }: Principal) {
    const { user, organization } = await this.db.within(organizationId, async (tx) => ({
      user: await findUser(tx, organizationId, userId),
      organization: await findOrganization(tx, organizationId),
    }));
    if (!user || !organization) throw forbidden('this account is not active');
    const reader = await this.personal.reader(organizationId, [user.email_sealed, user.display_name_sealed]);
    return {
      handle: organization.handle,
      email: reader.open('app_user.email', userId, user.email_sealed),
      displayName: reader.open('app_user.display_name', userId, user.display_name_sealed),
      passwordHash: user.password_hash,
    };
  }

  private exchange(
    { organizationId, userId, sessionId }: Principal,
    oldHash: string,
    newHash: string,
  ): Promise<Revocation[]> {
    return this.db.within(organizationId, async (tx) => {
      const user = await lockUser(tx, organizationId, userId);
      if (user?.state !== 'active') throw forbidden('this account is not active');
      const isExchanged = await exchangePassword(tx, organizationId, userId, { from: oldHash, to: newHash });
      if (!isExchanged) throw changePassword.fail('wrong_password');
      await dropPasswordReset(tx, organizationId, userId);
      await recordFact(tx, organizationId, {
        actor: userSubject(userId),
        action: 'password.changed',
        object: userSubject(userId),
      });
      return endSessions(tx, 'password', organizationId, { userId, except: sessionId });
    });
  }
}
