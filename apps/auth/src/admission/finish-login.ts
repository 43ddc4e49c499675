import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { finishLogin, type Tokens } from '@relais/contracts';
import { AppError, type UserId } from '@relais/kernel';
import type { z } from 'zod';
import { policyOf } from '../authentication-policy/authentication-policy-rows.postgres.js';
import { Database, type Tx } from '../database/database.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { type Method, refused } from '../metrics.js';
import { LoginThrottle } from '../passwords/login-throttle.postgres.js';
import { Admission } from './admission.js';
import { type LoginAttempt, LoginAttempts, type LoginState } from './login-attempts.postgres.js';
import { ShownFactors } from './shown-factors.js';

type Command = z.output<typeof finishLogin.input>;

const METHODS: Readonly<Record<LoginState['purpose'], Method>> = {
  second_factor: 'password',
  passkey: 'passkey',
  step_up: 'step_up',
  registration: 'passkey',
  oidc: 'oidc',
};

/** Takes what was still missing and lets the person in. Every way of failing gives the same answer. */
@Injectable()
export class FinishLoginHandler {
  constructor(
    private readonly db: Database,
    private readonly attempts: LoginAttempts,
    private readonly shown: ShownFactors,
    private readonly throttle: LoginThrottle,
    private readonly admission: Admission,
  ) {}

  @Serves(finishLogin)
  async execute(command: Command): Promise<Tokens> {
    try {
      return await this.finish(command);
    } catch (error) {
      if (AppError.from(error).code === 'login_failed') refused('factor', 'credentials');
      throw error;
    }
  }

  private async finish({ loginToken, shown }: Command): Promise<Tokens> {
    const secret = await this.attempts.parse(loginToken);
    const attempt = secret && (await this.db.within(secret.organizationId, (tx) => this.attempts.try(tx, secret)));
    const state = attempt && (await this.attempts.open(attempt));
    if (!attempt || !state?.device || state.purpose === 'registration') throw finishLogin.fail('login_failed');
    const { device } = state;
    const { organizationId } = attempt.secret;
    const userId = await this.shown.personOf(attempt, shown);
    const counted = {
      organization: organizationId,
      email: `factor:${userId}`,
      deviceId: device.id,
      isKnownDevice: true,
    };
    await this.throttle.count(counted);
    const methods = await this.verify(attempt, state, userId, shown);
    await this.throttle.forgive(counted);
    const amr = [...new Set([...state.amr, ...methods])];
    return this.admission.admit({ organizationId, userId, device, amr, method: METHODS[state.purpose] });
  }

  /** Checks, then uses up factor and attempt together: of many at once, one wins. */
  private async verify(
    attempt: LoginAttempt,
    state: LoginState,
    userId: UserId,
    shown: Command['shown'],
  ): Promise<readonly string[]> {
    const { organizationId } = attempt.secret;
    const check = await this.shown.check(organizationId, userId, shown, state);
    const isUsed =
      check !== null &&
      (await this.db
        .within(organizationId, async (tx) => {
          const policy = await policyOf(tx, organizationId, userId);
          const isAllowed = shown.kind === 'password' || policy.allowedFactors.includes(shown.kind);
          if (isAllowed && (await check.use(tx)) && (await this.attempts.finish(tx, attempt.secret))) return true;
          throw finishLogin.fail('login_failed');
        })
        .catch((error: unknown) => {
          if (AppError.from(error).code === 'login_failed') return false;
          throw error;
        }));
    if (isUsed) return check.amr;
    await this.db.within(organizationId, (tx) => this.recordRefusal(tx, attempt, userId, shown.kind));
    throw finishLogin.fail('login_failed');
  }

  private recordRefusal(tx: Tx, { secret }: LoginAttempt, userId: UserId, kind: string): Promise<void> {
    return recordFact(tx, secret.organizationId, {
      actor: userSubject(userId),
      action: 'session.opened',
      object: userSubject(userId),
      outcome: 'refused',
      after: { factor: kind },
    });
  }
}
