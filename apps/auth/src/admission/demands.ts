import { Injectable } from '@nestjs/common';
import { type FactorKind, finishLogin, type NewDevice, type UnfinishedLogin } from '@relais/contracts';
import type { AppError, OrganizationId, UserId } from '@relais/kernel';
import { policyOf } from '../authentication-policy/authentication-policy-rows.postgres.js';
import { demandOf, isAtLeast, strengthOf } from '../authentication-policy/strength.js';
import type { Tx } from '../database/database.js';
import { confirmedFactors, recoveryCodesLeft } from '../factors/factor-rows.postgres.js';
import { newChallenge, Passkeys } from '../factors/passkeys.js';
import type { UserRow } from '../users/user-rows.postgres.js';
import { LoginAttempts, type PreparedAttempt } from './login-attempts.postgres.js';

interface Shown {
  organizationId: OrganizationId;
  userId: UserId;
  device: NewDevice;
  amr: readonly string[];
}

/** What goes on beside the transaction: made before it, whether it will be needed or not. */
export interface Continuation {
  attempt: PreparedAttempt;
  challenge: string;
}

/** What the organization demands of somebody beyond what they have shown. */
@Injectable()
export class Demands {
  constructor(
    private readonly attempts: LoginAttempts,
    private readonly passkeys: Passkeys,
  ) {}

  async prepare({ organizationId, device, amr }: Shown): Promise<Continuation> {
    const challenge = newChallenge();
    const attempt = await this.attempts.prepare(organizationId, { purpose: 'second_factor', device, amr, challenge });
    return { attempt, challenge };
  }

  /**
   * Asks for a factor that the person has. Null when nothing more is needed, or when they have none that would do: then the
   * session they get is good for enrolling one.
   */
  async refusalFor(tx: Tx, shown: Shown, user: UserRow, continuation: Continuation): Promise<AppError | null> {
    const { organizationId, userId, amr } = shown;
    const policy = await policyOf(tx, organizationId, userId);
    const demand = demandOf(policy, user.role);
    if (isAtLeast(strengthOf(amr), demand)) return null;
    const known = await confirmedFactors(tx, organizationId, userId);
    const codes = await recoveryCodesLeft(tx, organizationId, userId);
    const has: FactorKind[] = [
      ...new Set(known.map(({ kind }) => kind)),
      ...(codes > 0 ? ['recovery_code' as const] : []),
    ];
    const allowed = has.filter((kind) => policy.allowedFactors.includes(kind));
    const factors = demand === 'phishing_resistant' ? allowed.filter((kind) => kind === 'passkey') : allowed;
    // A code alone is for who has lost a factor, not instead of having one.
    if (factors.length === 0 || known.length === 0) return null;
    const details: UnfinishedLogin = {
      loginToken: await this.attempts.insert(tx, continuation.attempt, userId),
      factors,
      expiresAt: continuation.attempt.expiresAt.toISOString(),
      ...(factors.includes('passkey')
        ? { passkeyOptions: await this.passkeys.authenticationOptions(known, continuation.challenge) }
        : {}),
    };
    return finishLogin.fail('factor_required', undefined, { details });
  }
}
