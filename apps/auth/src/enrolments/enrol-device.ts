import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { enrolDevice } from '@relais/contracts';
import { AppError, Clock, type OrganizationId, type UserId } from '@relais/kernel';
import { verifyDeviceStatement } from '@relais/security';
import { z } from 'zod';
import { Database, type Tx } from '../database/database.js';
import { changeDeviceState, lockDeviceOf } from '../devices/change-device-state.postgres.js';
import { refusalOfDevice } from '../devices/device-admission.postgres.js';
import { insertDevice } from '../devices/device-rows.postgres.js';
import { deviceSubject, recordFact, systemSubject, userSubject } from '../facts/record-fact.js';
import { Refusals } from '../facts/refusals.js';
import { AcceptInvitationHandler } from '../invitations/accept-invitation.js';
import { findOrganization } from '../organizations/organization-rows.postgres.js';
import { standingOf } from '../permissions/actor.postgres.js';
import { grantsOf, holds } from '../permissions/grants.js';
import { writeMdmId } from '../posture/posture-rows.postgres.js';
import { PostureSecrets } from '../posture/posture-settings.js';
import { PersonalData } from '../sealing/personal-data.js';
import { formatScopedSecret } from '../secrets/scoped-secret.js';
import { holdUser } from '../users/user-rows.postgres.js';
import { findUsableEnrolment, type KnownEnrolment, useEnrolment } from './enrolment-rows.postgres.js';
import { enrolmentHash, readEnrolmentToken } from './enrolment-token.js';

type Command = z.output<typeof enrolDevice.input>;
type Answer = z.input<typeof enrolDevice.output>;

interface Redemption {
  organizationId: OrganizationId;
  handle: string;
  enrolment: KnownEnrolment;
  /** What the token and an invitation behind it have in common. */
  secret: string;
  mdmIdIndex: Buffer | null;
}

/**
 * The device's side of an enrolment. It proves its key and is let in, once per token; its person still shows whatever
 * the policy asks, because a token may have been photographed.
 */
@Injectable()
export class EnrolDeviceHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly posture: PostureSecrets,
    private readonly accepting: AcceptInvitationHandler,
    private readonly refusals: Refusals,
    private readonly clock: Clock,
  ) {}

  @Serves(enrolDevice)
  async execute(command: Command): Promise<Answer> {
    const redemption = await this.recognise(command);
    try {
      const { user_id: userId } = redemption.enrolment;
      return userId ? await this.letIn(command, redemption, userId) : await this.welcome(command, redemption);
    } catch (error) {
      const object = { kind: 'enrolment', id: redemption.enrolment.id };
      const after = { code: AppError.from(error).code };
      const actor = systemSubject('enrolment');
      this.refusals.note(redemption.organizationId, { actor, action: 'enrolment.redeemed', object, after });
      throw error;
    }
  }

  /** Unknown, used, expired, withdrawn, without the proof of the key: one answer for all. */
  private async recognise({ enrolmentToken, device, proof, mdmDeviceId }: Command): Promise<Redemption> {
    const token = readEnrolmentToken(enrolmentToken);
    const tokenHash = enrolmentHash(enrolmentToken);
    const said = z.looseObject({
      dev: z.literal(device.id),
      enrolment: z.literal(tokenHash.toString('base64url')),
    });
    const statement = await verifyDeviceStatement(device.publicKey.x, 'relais-enrol+jwt', proof, this.clock.now());
    if (!token || !said.safeParse(statement).success) throw enrolDevice.fail('enrolment_refused');
    const { organizationId, secret } = token;
    const found = await this.db.within(organizationId, async (tx) => {
      const enrolment = await findUsableEnrolment(tx, organizationId, tokenHash, this.clock.now());
      const organization = enrolment && (await findOrganization(tx, organizationId));
      return organization && { enrolment, handle: organization.handle };
    });
    if (!found) throw enrolDevice.fail('enrolment_refused');
    const mdmIdIndex = mdmDeviceId === undefined ? null : await this.posture.mdmIdIndex(organizationId, mdmDeviceId);
    return { organizationId, secret, mdmIdIndex, ...found };
  }

  private async welcome({ person, device }: Command, redemption: Redemption): Promise<Answer> {
    if (!person) throw enrolDevice.fail('person_required');
    const { organizationId, handle, secret } = redemption;
    const invitationToken = formatScopedSecret({ organizationId, secret });
    const tokens = await this.accepting
      .execute({ invitationToken, ...person, device }, (tx) => this.use(tx, redemption, device.id))
      .catch((error: unknown) => {
        throw AppError.from(error).code === 'invitation_refused' ? enrolDevice.fail('enrolment_refused') : error;
      });
    return { organizationId, organization: handle, deviceId: device.id, tokens };
  }

  private async letIn({ device }: Command, redemption: Redemption, userId: UserId): Promise<Answer> {
    const { organizationId, handle } = redemption;
    const place = { organizationId, column: 'device.name', rowId: device.id } as const;
    const nameSealed = await this.personal.sealOfUser(userId, place, device.name);
    const arrival = { organizationId, userId, device, nameSealed, now: this.clock.now(), isApproved: true };
    await this.db.within(organizationId, async (tx) => {
      const user = await holdUser(tx, organizationId, userId);
      if (user?.state !== 'active' || !(await isBacked(tx, organizationId, redemption.enrolment, userId)))
        throw enrolDevice.fail('enrolment_refused');
      const known = await lockDeviceOf(tx, organizationId, { deviceId: device.id });
      const refusal = await refusalOfDevice(tx, arrival);
      if (refusal) throw refusal;
      if (known?.state === 'pending')
        await changeDeviceState(tx, organizationId, known, {
          to: 'active',
          reason: 'enrolment',
          actor: userSubject(userId),
        });
      else if (!known && !(await insertDevice(tx, arrival, 'active'))) throw enrolDevice.fail('device_id_reused');
      await this.use(tx, redemption, device.id);
    });
    return { organizationId, organization: handle, deviceId: device.id };
  }

  private async use(
    tx: Tx,
    { organizationId, enrolment, mdmIdIndex }: Redemption,
    deviceId: Command['device']['id'],
  ): Promise<void> {
    const isUsed = await useEnrolment(tx, organizationId, enrolment.id, { deviceId, now: this.clock.now() });
    if (!isUsed) throw enrolDevice.fail('enrolment_refused');
    if (mdmIdIndex) await writeMdmId(tx, organizationId, deviceId, mdmIdIndex);
    await recordFact(tx, organizationId, {
      actor: deviceSubject(deviceId),
      onBehalfOf: userSubject(enrolment.made_by),
      action: 'enrolment.redeemed',
      object: { kind: 'enrolment', id: enrolment.id },
      after: { deviceId, userId: enrolment.user_id, isManaged: enrolment.is_managed },
    });
  }
}

/** Whether its maker could make it still, for the person as they are now. */
async function isBacked(
  tx: Tx,
  organizationId: OrganizationId,
  { made_by }: KnownEnrolment,
  userId: UserId,
): Promise<boolean> {
  const maker = await standingOf(tx, organizationId, made_by);
  const person = await standingOf(tx, organizationId, userId);
  return (
    maker?.state === 'active' &&
    person !== null &&
    holds(grantsOf(maker.role, maker.given), 'manage_devices', person.pool_ids)
  );
}
