import { Injectable } from '@nestjs/common';
import { finishLogin } from '@relais/contracts';
import { Clock, type OrganizationId, type UserId } from '@relais/kernel';
import type { z } from 'zod';
import { Database, type Tx } from '../database/database.js';
import {
  confirmedFactors,
  findPasskey,
  useCounter,
  useRecoveryCode,
  useStep,
} from '../factors/factor-rows.postgres.js';
import { credentialIdOf, Passkeys } from '../factors/passkeys.js';
import { recoveryCodeHash } from '../factors/recovery-codes.js';
import { stepOf } from '../factors/totp.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { PersonalData } from '../sealing/personal-data.js';
import { findUser } from '../users/user-rows.postgres.js';
import type { LoginAttempt, LoginState } from './login-attempts.postgres.js';

type Shown = z.output<typeof finishLogin.input>['shown'];
type ShownAs<Kind extends Shown['kind']> = Extract<Shown, { kind: Kind }>;

/** Something that was shown and is right, as far as can be said before it is used. */
export interface Check {
  amr: readonly string[];
  /** Uses it in the transaction that lets the person on; false when it was used meanwhile. */
  use(tx: Tx): Promise<boolean>;
}

/** Checks what people show to finish a login. */
@Injectable()
export class ShownFactors {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly passkeys: Passkeys,
    private readonly hasher: PasswordHasher,
    private readonly clock: Clock,
  ) {}

  /** Whose login it is; a passkey says it itself. @throws AppError `login_failed` */
  async personOf({ secret, userId }: LoginAttempt, shown: Shown): Promise<UserId> {
    if (userId) return userId;
    if (shown.kind !== 'passkey') throw finishLogin.fail('login_failed');
    const { organizationId } = secret;
    const passkey = await this.db.within(organizationId, (tx) =>
      findPasskey(tx, organizationId, credentialIdOf(shown.assertion)),
    );
    if (!passkey) throw finishLogin.fail('login_failed');
    return passkey.user_id;
  }

  /** Null when it is wrong, or of a kind that this login does not take. */
  check(organizationId: OrganizationId, userId: UserId, shown: Shown, state: LoginState): Promise<Check | null> {
    switch (shown.kind) {
      case 'totp':
        return this.totp(organizationId, userId, shown);
      case 'recovery_code':
        return this.recoveryCode(organizationId, userId, shown);
      case 'passkey':
        return this.passkey(organizationId, userId, shown, state);
      case 'password':
        return state.purpose === 'step_up' ? this.password(organizationId, userId, shown) : Promise.resolve(null);
    }
  }

  private async totp(organizationId: OrganizationId, userId: UserId, { code }: ShownAs<'totp'>): Promise<Check | null> {
    const known = await this.db.within(organizationId, (tx) => confirmedFactors(tx, organizationId, userId));
    const now = this.clock.now();
    for (const { id, secret_sealed } of known) {
      if (!secret_sealed) continue;
      const secret = await this.personal.open({ organizationId, column: 'factor.secret', rowId: id }, secret_sealed);
      const step = await stepOf(secret, code, now);
      if (step !== null) return { amr: ['otp'], use: (tx) => useStep(tx, organizationId, id, { step, now }) };
    }
    return null;
  }

  private recoveryCode(
    organizationId: OrganizationId,
    userId: UserId,
    { code }: ShownAs<'recovery_code'>,
  ): Promise<Check> {
    const used = { codeHash: recoveryCodeHash(code), now: this.clock.now() };
    return Promise.resolve({ amr: ['rec'], use: (tx) => useRecoveryCode(tx, organizationId, userId, used) });
  }

  private async passkey(
    organizationId: OrganizationId,
    userId: UserId,
    { assertion }: ShownAs<'passkey'>,
    { challenge, purpose }: LoginState,
  ): Promise<Check | null> {
    const credentialId = credentialIdOf(assertion);
    const passkey = await this.db.within(organizationId, (tx) => findPasskey(tx, organizationId, credentialId));
    if (passkey?.user_id !== userId || !challenge) return null;
    const asserted = await this.passkeys.assert(assertion, challenge, passkey);
    // Alone, a passkey must show that its owner was there, not only somebody who holds it.
    if (!asserted || (purpose === 'passkey' && !asserted.userVerified)) return null;
    const used = { counter: asserted.counter, now: this.clock.now() };
    return {
      amr: ['hwk', ...(asserted.userVerified ? ['user'] : [])],
      use: (tx) => useCounter(tx, organizationId, passkey.id, used),
    };
  }

  private async password(
    organizationId: OrganizationId,
    userId: UserId,
    { password }: ShownAs<'password'>,
  ): Promise<Check | null> {
    const user = await this.db.within(organizationId, (tx) => findUser(tx, organizationId, userId));
    if (!(await this.hasher.verify(user?.password_hash, password))) return null;
    return {
      amr: ['pwd'],
      use: async (tx) => (await findUser(tx, organizationId, userId))?.password_hash === user?.password_hash,
    };
  }
}
