import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import {
  BREAK_GLASS,
  breakGlassLogin,
  type BreakGlassReason,
  breakGlassUsed,
  type NewDevice,
  type Tokens,
} from '@relais/contracts';
import { enqueue } from '@relais/database';
import { AppError, Clock, type EventId, newId, type OrganizationId } from '@relais/kernel';
import { hashSecret } from '@relais/security';
import type { z } from 'zod';
import { Admission } from '../admission/admission.js';
import { Database, type Tx } from '../database/database.js';
import { findDevice } from '../devices/device-rows.postgres.js';
import { EventLog } from '../event-log.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { Refusals } from '../facts/refusals.js';
import { refused } from '../metrics.js';
import { organizationOf } from '../organizations/organization-rows.postgres.js';
import { LoginThrottle } from '../passwords/login-throttle.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { signedAt } from './break-glass-proof.js';
import { type BreakGlassRow, findGood, keyOfDevice, useOnce } from './break-glass-rows.postgres.js';
import { isOutage } from './outage-mode-rows.postgres.js';
import { SourcesAway } from './sources-away.js';

type Command = z.output<typeof breakGlassLogin.input>;

const NOBODY = '00000000-0000-0000-0000-000000000000' as OrganizationId;
/** Of what admission says, that the person or the device is not to be let in. */
const REFUSALS: readonly string[] = ['unauthenticated', 'forbidden', 'conflict'];

/** Why somebody who holds the device's key is not let in. For the fact. */
class Refused extends Error {
  constructor(
    readonly reason: 'no_credential' | 'not_now' | 'may_not_sign_in',
    readonly found?: BreakGlassRow,
  ) {
    super(reason);
  }
}

/**
 * The last way in. It takes a secret, the key of the device it was issued for, and an hour in which nothing else works, as
 * this service finds by itself. Nothing here asks anything outside of our own database to let somebody in (T-22).
 */
@Injectable()
export class BreakGlassLoginHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly throttle: LoginThrottle,
    private readonly sources: SourcesAway,
    private readonly admission: Admission,
    private readonly refusals: Refusals,
    private readonly events: EventLog,
    private readonly clock: Clock,
  ) {}

  @Serves(breakGlassLogin)
  async execute(command: Command): Promise<Tokens> {
    const organizationId = (await organizationOf(this.db, command.organization)) ?? NOBODY;
    const proofAt = await this.proofOf(organizationId, command);
    if (proofAt === null) {
      refused('break_glass', 'proof');
      throw breakGlassLogin.fail('login_failed');
    }
    // Counted for who has the device's key alone: strangers must not lock anybody out of this door.
    const { deviceId } = command;
    const attempt = { organization: organizationId, email: `break-glass:${deviceId}`, deviceId, isKnownDevice: true };
    await this.throttle.count(attempt);
    try {
      const tokens = await this.enter(organizationId, command, proofAt);
      await this.throttle.forgive(attempt);
      return tokens;
    } catch (error) {
      throw this.explained(organizationId, command, error);
    }
  }

  private async proofOf(organizationId: OrganizationId, command: Command): Promise<number | null> {
    const key = await this.db.within(organizationId, (tx) => keyOfDevice(tx, organizationId, command.deviceId));
    return signedAt(key, command, this.clock.now());
  }

  private async enter(organizationId: OrganizationId, command: Command, proofAt: number): Promise<Tokens> {
    const { deviceId, secret } = command;
    const now = this.clock.now();
    const wanted = { deviceId, secretHash: hashSecret(secret), now };
    const found = await this.db.within(organizationId, (tx) => findGood(tx, organizationId, wanted));
    if (!found) throw new Refused('no_credential');
    const reason = await this.reasonNow(organizationId, found);
    if (!reason) throw new Refused('not_now', found);
    const device = await this.deviceOf(organizationId, found);
    try {
      return await this.admission.admit({
        ...{ organizationId, userId: found.user_id, device, amr: ['brk'], method: 'break_glass' },
        endsAt: new Date(now.getTime() + BREAK_GLASS.sessionSeconds * 1_000),
        together: (tx) => this.write(tx, organizationId, found, { proofAt, reason }),
      });
    } catch (error) {
      throw REFUSALS.includes(AppError.from(error).kind) ? new Refused('may_not_sign_in', found) : error;
    }
  }

  private async reasonNow(
    organizationId: OrganizationId,
    { user_id }: BreakGlassRow,
  ): Promise<BreakGlassReason | null> {
    if (await this.db.within(organizationId, (tx) => isOutage(tx, organizationId))) return 'outage_mode';
    return (await this.sources.areAllAway(organizationId, user_id)) ? 'sources_unreachable' : null;
  }

  /** In the transaction of the session: whoever is in has left a fact and an event for the alarm. */
  private async write(
    tx: Tx,
    organizationId: OrganizationId,
    { id, user_id: userId, device_id: deviceId }: BreakGlassRow,
    { proofAt, reason }: { proofAt: number; reason: BreakGlassReason },
  ): Promise<void> {
    const now = this.clock.now();
    if (!(await useOnce(tx, organizationId, id, { proofAt, now }))) throw breakGlassLogin.fail('login_failed');
    const credentialId = id as never;
    const at = now.toISOString();
    await enqueue(tx, breakGlassUsed, {
      ...{ id: newId<EventId>(), organizationId, at, userId, deviceId, credentialId, reason },
    });
    await recordFact(tx, organizationId, {
      actor: userSubject(userId),
      action: 'break-glass.used',
      object: { kind: 'break-glass', id },
      after: { deviceId, reason },
    });
  }

  private async deviceOf(organizationId: OrganizationId, { device_id: id }: BreakGlassRow): Promise<NewDevice> {
    const found = await this.db.within(organizationId, (tx) => findDevice(tx, organizationId, id));
    if (!found) throw new Refused('no_credential');
    const { platform, name_sealed, public_key } = found;
    const name = await this.personal.open({ organizationId, column: 'device.name', rowId: id }, name_sealed);
    return { id, name, platform, publicKey: { kty: 'OKP', crv: 'Ed25519', x: public_key } };
  }

  /** One answer for whatever went wrong; the fact says what. */
  private explained(organizationId: OrganizationId, { deviceId }: Command, error: unknown): unknown {
    if (!(error instanceof Refused)) return error;
    const { reason, found } = error;
    refused('break_glass', 'credentials');
    this.refusals.note(
      organizationId,
      {
        actor: found ? userSubject(found.user_id) : { kind: 'device', id: deviceId },
        action: 'break-glass.used',
        object: { kind: 'break-glass', id: found?.id ?? 'unknown' },
        after: { deviceId, reason },
      },
      reason,
    );
    this.events.signInRefused('credentials', organizationId, found?.user_id, deviceId);
    return breakGlassLogin.fail('login_failed');
  }
}
