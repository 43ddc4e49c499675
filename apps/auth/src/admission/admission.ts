import { Injectable } from '@nestjs/common';
import { type NewDevice, openSession, type Revocation, type Tokens } from '@relais/contracts';
import { type AppError, Clock, type OrganizationId, type UserId } from '@relais/kernel';
import { type Continuation, Demands } from './demands.js';
import { Database, type Tx } from '../database/database.js';
import { refusalOfDevice } from '../devices/device-admission.postgres.js';
import { EventLog } from '../event-log.js';
import { deviceSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { admitted, type Method } from '../metrics.js';
import { PersonalData } from '../sealing/personal-data.js';
import { startSession } from '../sessions/session-rows.postgres.js';
import { type Grant, TokenIssuer } from '../sessions/token-issuer.js';
import { readEpoch, Revocations } from '../trust/revocations.postgres.js';
import { holdUser, type UserRow } from '../users/user-rows.postgres.js';

/** Somebody who has shown who they are, by whichever way in. */
export interface Proved {
  organizationId: OrganizationId;
  userId: UserId;
  device: NewDevice;
  /** What they have shown so far (RFC 8176): `pwd`, `otp`, `hwk`, `user`, `mfa`, `fed`, `rec`, ... */
  amr: readonly string[];
  method: Method;
  /** When they showed it; now, where nothing is said. */
  authenticatedAt?: Date;
  /** When the session ends in any case. */
  endsAt?: Date;
  /** What must be written with the session or not at all; who throws is not let in. */
  together?: (tx: Tx) => Promise<void>;
  /** Whether what was checked before this transaction is still so: the person's row is locked now. */
  stillHolds?: (tx: Tx, user: UserRow) => boolean | Promise<boolean>;
}

type Outcome = { grant: Grant; revocations: Revocation[] } | { refusal: AppError };

/**
 * The one door: password, second factor, passkey, identity provider, invitation and break-glass all end here, so that what
 * an organization demands is demanded of everybody. What must stay written although nobody is let in yet (an
 * unfinished login, a device that waits for approval) is a refusal that is returned, never thrown.
 */
@Injectable()
export class Admission {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly demands: Demands,
    private readonly issuer: TokenIssuer,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
    private readonly events: EventLog,
  ) {}

  /** @throws AppError `login_failed` for who may not sign in (any more), `device_id_reused` */
  async admit(proved: Proved): Promise<Tokens> {
    const { organizationId, userId, device } = proved;
    const place = { organizationId, column: 'device.name', rowId: device.id } as const;
    const nameSealed = await this.personal.sealOfUser(userId, place, device.name);
    const continuation = await this.demands.prepare(proved);
    const outcome = await this.db.within(organizationId, (tx) => this.decide(tx, proved, nameSealed, continuation));
    if ('refusal' in outcome) throw outcome.refusal;
    this.revocations.announce(outcome.revocations);
    admitted(proved.method);
    this.events.signedIn(organizationId, userId, device.id);
    return this.issuer.issue(outcome.grant);
  }

  private async decide(tx: Tx, proved: Proved, nameSealed: Buffer, continuation: Continuation): Promise<Outcome> {
    const { organizationId, userId, device, amr, stillHolds } = proved;
    const epoch = await readEpoch(tx);
    const user = await holdUser(tx, organizationId, userId);
    if (user?.state !== 'active' || (stillHolds && !(await stillHolds(tx, user))))
      return { refusal: openSession.fail('login_failed') };
    const refusal = await this.demands.refusalFor(tx, proved, user, continuation);
    if (refusal) return { refusal };
    const now = this.clock.now();
    const ofDevice = await refusalOfDevice(tx, { organizationId, userId, device, nameSealed, now });
    if (ofDevice) return { refusal: ofDevice };
    const started = await startSession(tx, {
      organizationId,
      userId,
      role: user.role,
      device,
      nameSealed,
      amr,
      epoch,
      now,
      authenticatedAt: proved.authenticatedAt ?? now,
      ...(proved.endsAt ? { endsAt: proved.endsAt } : {}),
    });
    await proved.together?.(tx);
    await recordFact(tx, organizationId, {
      actor: userSubject(userId),
      action: 'session.opened',
      object: deviceSubject(device.id),
      after: { method: proved.method, amr: [...amr] },
    });
    return started;
  }
}
