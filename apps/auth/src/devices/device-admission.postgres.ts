import { type AuthenticationPolicy, type DeviceState, type NewDevice, openSession } from '@relais/contracts';
import type { AppError, OrganizationId, UserId } from '@relais/kernel';
import { jwkThumbprint } from '@relais/security';
import { policyOf } from '../authentication-policy/authentication-policy-rows.postgres.js';
import type { Tx } from '../database/database.js';
import { row } from '../database/sql.js';
import { deviceSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { insertDevice } from './device-rows.postgres.js';

export interface Arrival {
  organizationId: OrganizationId;
  userId: UserId;
  device: NewDevice;
  nameSealed: Buffer;
  now: Date;
  /** An enrolment token stands for the approval; everything else still holds. */
  isApproved?: boolean;
}

interface Known {
  user_id: UserId;
  state: DeviceState;
  key_thumbprint: string;
}

/**
 * Whether somebody who has shown who they are may come in on this device. A new one that must be approved is written down
 * and waits; asking again succeeds once it is let in. The caller holds the person's row and commits whatever is returned.
 */
export async function refusalOfDevice(tx: Tx, arrival: Arrival): Promise<AppError | null> {
  const { organizationId, userId, device } = arrival;
  const policy = await policyOf(tx, organizationId, userId);
  if (!policy.platforms.includes(device.platform)) return openSession.fail('platform_not_allowed');
  const known = await row<Known>(
    tx,
    `SELECT d.user_id, d.state, d.key_thumbprint FROM device d
     WHERE d.organization_id = $1 AND d.id = $2 FOR NO KEY UPDATE`,
    [organizationId, device.id],
  );
  if (!known) return refusalOfNew(tx, arrival, policy);
  const isSame = known.user_id === userId && known.key_thumbprint === jwkThumbprint(device.publicKey);
  return isSame ? refusalIn(known.state, arrival) : openSession.fail('device_id_reused');
}

function refusalIn(state: DeviceState, { device, isApproved }: Arrival): AppError | null {
  const details = { deviceId: device.id };
  switch (state) {
    case 'active':
      return null;
    case 'pending':
      return isApproved ? null : openSession.fail('device_pending', undefined, { details });
    case 'suspended':
      return openSession.fail('device_suspended', undefined, { details });
    case 'wipe_pending':
      return openSession.fail('wipe_pending', undefined, { details });
    case 'gone':
    case 'wiped':
      return openSession.fail('device_id_reused');
  }
}

async function refusalOfNew(tx: Tx, arrival: Arrival, policy: AuthenticationPolicy): Promise<AppError | null> {
  const { organizationId, userId, device } = arrival;
  const { used, active } = await countDevices(tx, organizationId, userId);
  if (used >= policy.devicesPerPerson)
    return openSession.fail('too_many_devices', undefined, { details: { limit: policy.devicesPerPerson } });
  const { deviceApproval } = policy;
  // The first device of a person has none beside it that could let it in.
  const isFirst = active === 0 && deviceApproval === 'own_device';
  if (deviceApproval === 'none' || isFirst || arrival.isApproved) return null;
  await insertDevice(tx, arrival, 'pending');
  await recordFact(tx, organizationId, {
    actor: userSubject(userId),
    action: 'device.state-changed',
    object: deviceSubject(device.id),
    before: { state: null },
    after: { state: 'pending', reason: 'approval' },
  });
  return openSession.fail('device_pending', undefined, { details: { deviceId: device.id } });
}

async function countDevices(tx: Tx, organizationId: OrganizationId, userId: UserId) {
  const counted = await row<{ used: number; active: number }>(
    tx,
    `SELECT count(*)::int AS used, (count(*) FILTER (WHERE d.state = 'active'))::int AS active FROM device d
     WHERE d.organization_id = $1 AND d.user_id = $2 AND d.state IN ('pending', 'active', 'suspended')`,
    [organizationId, userId],
  );
  return counted ?? { used: 0, active: 0 };
}
