import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  beginPasskeyLogin,
  beginStepUp,
  type FactorKind,
  type NewDevice,
  type UnfinishedLogin,
} from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { findDevice } from '../devices/device-rows.postgres.js';
import { confirmedFactors, recoveryCodesLeft } from '../factors/factor-rows.postgres.js';
import { newChallenge, Passkeys } from '../factors/passkeys.js';
import { organizationOf } from '../organizations/organization-rows.postgres.js';
import { forbidden } from '../permissions/actor.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { formatNamedSecret } from '../secrets/scoped-secret.js';
import { LoginAttempts } from './login-attempts.postgres.js';

const NO_ORGANIZATION = '00000000-0000-0000-0000-000000000000' as OrganizationId;

/** Logins that begin with something else than a password. */
@Injectable()
export class BeginLoginHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly attempts: LoginAttempts,
    private readonly passkeys: Passkeys,
  ) {}

  @Serves(beginPasskeyLogin)
  async withPasskey({ organization, device }: z.output<typeof beginPasskeyLogin.input>): Promise<UnfinishedLogin> {
    const found = await organizationOf(this.db, organization);
    const organizationId = found ?? NO_ORGANIZATION;
    const challenge = newChallenge();
    const attempt = await this.attempts.prepare(organizationId, { purpose: 'passkey', device, amr: [], challenge });
    if (found) await this.db.within(organizationId, (tx) => this.attempts.insert(tx, attempt, null));
    const loginToken = formatNamedSecret(organization, attempt.secret);
    const passkeyOptions = await this.passkeys.authenticationOptions([], challenge);
    return { loginToken, factors: ['passkey'], passkeyOptions, expiresAt: attempt.expiresAt.toISOString() };
  }

  @Serves(beginStepUp)
  async stepUp(_: unknown, { principal }: RequestContext): Promise<z.input<typeof beginStepUp.output>> {
    const { organizationId, userId, amr } = principal;
    const device = await this.deviceOf(principal);
    const challenge = newChallenge();
    const attempt = await this.attempts.prepare(organizationId, { purpose: 'step_up', device, amr, challenge });
    const { known, codes, loginToken } = await this.db.within(organizationId, async (tx) => ({
      known: await confirmedFactors(tx, organizationId, userId),
      codes: await recoveryCodesLeft(tx, organizationId, userId),
      loginToken: await this.attempts.insert(tx, attempt, userId),
    }));
    const factors: FactorKind[] = [
      ...new Set(known.map(({ kind }) => kind)),
      ...(codes > 0 ? ['recovery_code' as const] : []),
    ];
    return {
      loginToken,
      factors,
      password: true,
      expiresAt: attempt.expiresAt.toISOString(),
      ...(factors.includes('passkey')
        ? { passkeyOptions: await this.passkeys.authenticationOptions(known, challenge) }
        : {}),
    };
  }

  private async deviceOf({ organizationId, deviceId }: Principal): Promise<NewDevice> {
    const found = await this.db.within(organizationId, (tx) => findDevice(tx, organizationId, deviceId));
    if (!found) throw forbidden('no such device');
    const { platform, name_sealed, public_key } = found;
    const name = await this.personal.open({ organizationId, column: 'device.name', rowId: deviceId }, name_sealed);
    return { id: deviceId, name, platform, publicKey: { kty: 'OKP', crv: 'Ed25519', x: public_key } };
  }
}
