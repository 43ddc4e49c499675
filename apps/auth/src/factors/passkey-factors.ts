import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { beginPasskey, confirmPasskey, type Factor, type Revocation } from '@relais/contracts';
import { Clock, newId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { LoginAttempts } from '../admission/login-attempts.postgres.js';
import { Database } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { PersonalData } from '../sealing/personal-data.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { endOtherSessions, FactorEnrolment } from './factor-enrolment.js';
import { insertPasskey } from './factor-rows.postgres.js';
import { Passkeys, type Registered } from './passkeys.js';

/** Passkeys and security keys. */
@Injectable()
export class PasskeyFactorsHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly enrolment: FactorEnrolment,
    private readonly attempts: LoginAttempts,
    private readonly passkeys: Passkeys,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
  ) {}

  @Serves(beginPasskey)
  async begin(_: unknown, { principal }: RequestContext) {
    const { organizationId, userId } = principal;
    const known = await this.db.within(organizationId, (tx) => this.enrolment.assertMayAdd(tx, principal, 'passkey'));
    // The authenticator shows no name of ours: what it stores may be read by whoever holds it.
    const options = await this.passkeys.registrationOptions(userId, userId, known);
    const attempt = await this.attempts.prepare(organizationId, {
      purpose: 'registration',
      amr: [],
      challenge: options.challenge,
    });
    const registrationToken = await this.db.within(organizationId, (tx) => this.attempts.insert(tx, attempt, userId));
    return { registrationToken, options: { ...options } as Record<string, unknown> };
  }

  @Serves(confirmPasskey)
  async confirm(
    { registrationToken, name, attestation }: z.output<typeof confirmPasskey.input>,
    { principal }: RequestContext,
  ): Promise<Factor> {
    const challenge = await this.challengeOf(principal, registrationToken);
    const registered = await this.passkeys.register(attestation, challenge);
    if (!registered) throw confirmPasskey.fail('passkey_refused');
    const id = newId();
    const { organizationId, userId } = principal;
    const place = { organizationId, column: 'factor.name', rowId: id } as const;
    const nameSealed = await this.personal.sealOfUser(userId, place, name);
    this.revocations.announce(await this.write(principal, id, nameSealed, registered));
    return { id, kind: 'passkey', name, createdAt: this.clock.now().toISOString() } as Factor;
  }

  /** A challenge is answered once, whatever the answer. */
  private async challengeOf({ organizationId, userId }: Principal, registrationToken: string): Promise<string> {
    const secret = await this.attempts.parse(registrationToken);
    if (secret?.organizationId !== organizationId) throw confirmPasskey.fail('passkey_refused');
    const attempt = await this.db.within(organizationId, async (tx) => {
      const found = await this.attempts.try(tx, secret);
      return found?.userId === userId && (await this.attempts.finish(tx, secret)) ? found : null;
    });
    const state = attempt && (await this.attempts.open(attempt));
    if (state?.purpose !== 'registration' || !state.challenge) throw confirmPasskey.fail('passkey_refused');
    return state.challenge;
  }

  private write(principal: Principal, id: string, nameSealed: Buffer, registered: Registered): Promise<Revocation[]> {
    const { organizationId, userId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await this.enrolment.assertMayAdd(tx, principal, 'passkey');
      const added = await insertPasskey(tx, organizationId, {
        id,
        userId,
        nameSealed,
        ...registered,
        now: this.clock.now(),
      });
      if (!added) throw confirmPasskey.fail('factor_exists');
      await recordFact(tx, organizationId, {
        actor: actorSubject(principal),
        action: 'factor.added',
        object: { kind: 'factor', id },
        after: { kind: 'passkey' },
      });
      return endOtherSessions(tx, principal);
    });
  }
}
