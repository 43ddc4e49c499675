import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { beginTotp, confirmTotp } from '@relais/contracts';
import { Clock, newId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { LoginThrottle } from '../passwords/login-throttle.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { findUser } from '../users/user-rows.postgres.js';
import { endOtherSessions, FactorEnrolment } from './factor-enrolment.js';
import { findFactor, insertTotp, useStep } from './factor-rows.postgres.js';
import { newTotpSecret, stepOf, totpUri } from './totp.js';

/** One-time passwords of an authenticator app. */
@Injectable()
export class TotpFactorsHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly enrolment: FactorEnrolment,
    private readonly throttle: LoginThrottle,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
  ) {}

  @Serves(beginTotp)
  async begin({ name }: z.output<typeof beginTotp.input>, { principal }: RequestContext) {
    const { organizationId, userId } = principal;
    const [id, secret] = [newId(), newTotpSecret()];
    const place = (column: 'factor.name' | 'factor.secret') => ({ organizationId, column, rowId: id });
    const nameSealed = await this.personal.sealOfUser(userId, place('factor.name'), name);
    const secretSealed = await this.personal.sealOfUser(userId, place('factor.secret'), secret);
    const user = await this.db.within(organizationId, async (tx) => {
      await this.enrolment.assertMayAdd(tx, principal, 'totp');
      await insertTotp(tx, organizationId, { id, userId, nameSealed, secretSealed, now: this.clock.now() });
      return findUser(tx, organizationId, userId);
    });
    const label = user
      ? await this.personal.open({ organizationId, column: 'app_user.email', rowId: userId }, user.email_sealed)
      : userId;
    return { factorId: id, secret, uri: await totpUri(secret, label, 'Relais') };
  }

  @Serves(confirmTotp)
  async confirm({ factorId, code }: z.output<typeof confirmTotp.input>, { principal }: RequestContext) {
    const { organizationId, userId, deviceId } = principal;
    const attempt = { organization: organizationId, email: `factor:${userId}`, deviceId, isKnownDevice: true };
    await this.throttle.count(attempt);
    const secret = await this.secretOf(principal, factorId);
    const step = await stepOf(secret, code, this.clock.now());
    if (step === null) throw confirmTotp.fail('wrong_code');
    const revocations = await this.db.within(organizationId, async (tx) => {
      await this.enrolment.assertMayAdd(tx, principal, 'totp');
      await this.confirmWith(tx, principal, factorId, step);
      return endOtherSessions(tx, principal);
    });
    this.revocations.announce(revocations);
    await this.throttle.forgive(attempt);
    return {};
  }

  private async secretOf({ organizationId, userId }: Principal, id: string): Promise<string> {
    const found = await this.db.within(organizationId, (tx) => findFactor(tx, organizationId, userId, id));
    if (!found?.secret_sealed || found.confirmed_at) throw confirmTotp.fail('factor_not_found');
    return this.personal.open({ organizationId, column: 'factor.secret', rowId: id }, found.secret_sealed);
  }

  private async confirmWith(tx: Tx, principal: Principal, id: string, step: number): Promise<void> {
    const { organizationId } = principal;
    if (!(await useStep(tx, organizationId, id, { step, now: this.clock.now() }))) throw confirmTotp.fail('wrong_code');
    await recordFact(tx, organizationId, {
      actor: actorSubject(principal),
      action: 'factor.added',
      object: { kind: 'factor', id },
      after: { kind: 'totp' },
    });
  }
}
