import { deviceLeft, type DeviceState, type FactSubject, type Revocation } from '@relais/contracts';
import { enqueue } from '@relais/database';
import { type DeviceId, type EventId, newId, type OrganizationId, type SessionId, type UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import { deviceSubject, recordFact } from '../facts/record-fact.js';
import { endSessions } from '../sessions/session-rows.postgres.js';
import { revoke } from '../trust/revocations.postgres.js';
import { mayBecome } from './device-states.js';

/** Why a device is in its state; what suspended it decides what may let it in again. */
export type StateReason = 'approval' | 'administrator' | 'person' | 'enrolment' | 'posture' | 'lock' | 'wipe';

export interface LockedDevice {
  id: DeviceId;
  user_id: UserId;
  state: DeviceState;
  state_reason: StateReason | null;
  public_key: string;
  /** What device management said last. */
  posture: 'compliant' | 'not_compliant' | null;
}

/** The device of this person, locked until the transaction ends. */
export const lockDeviceOf = (
  tx: Tx,
  organizationId: OrganizationId,
  { userId, deviceId }: { userId?: UserId; deviceId: DeviceId },
): Promise<LockedDevice | null> =>
  row(
    tx,
    `SELECT d.id, d.user_id, d.state, d.state_reason, d.public_key, d.posture FROM device d
     WHERE d.organization_id = $1 AND d.id = $2 AND ($3::uuid IS NULL OR d.user_id = $3) FOR NO KEY UPDATE`,
    [organizationId, deviceId, userId ?? null],
  );

export interface StateChange {
  to: DeviceState;
  reason: StateReason;
  actor: FactSubject;
}

/**
 * Brings a device into another state and says so. When it may not be used any more its sessions end in the same
 * transaction; one that is to be wiped keeps what it needs to be recognised when it comes back. Announce what is returned.
 *
 * @returns null when its state does not lead there
 */
export async function changeDeviceState(
  tx: Tx,
  organizationId: OrganizationId,
  device: LockedDevice,
  { to, reason, actor }: StateChange,
): Promise<Revocation[] | null> {
  if (!mayBecome(device.state, to)) return null;
  await rows(tx, 'UPDATE device d SET state = $3, state_reason = $4 WHERE d.organization_id = $1 AND d.id = $2', [
    organizationId,
    device.id,
    to,
    reason,
  ]);
  await recordFact(tx, organizationId, {
    actor,
    action: 'device.state-changed',
    object: deviceSubject(device.id),
    before: { state: device.state },
    after: { state: to, reason },
  });
  if (to === 'active') return [];
  await tellDeviceLeft(tx, organizationId, device);
  if (to === 'wipe_pending') return revoke(tx, 'device', await sessionsOf(tx, organizationId, device.id));
  return endSessions(tx, 'device', organizationId, { deviceId: device.id });
}

/** For services that reach devices: this one is not to be reached any more. */
export const tellDeviceLeft = (
  tx: Tx,
  organizationId: OrganizationId,
  { id: deviceId, user_id: userId }: Pick<LockedDevice, 'id' | 'user_id'>,
): Promise<void> => enqueue(tx, deviceLeft, { id: newId<EventId>(), organizationId, userId, deviceId });

/** A device that is suspended stays so, for another reason: who lifts it is another hand from now on. */
export const keepSuspended = (
  tx: Tx,
  organizationId: OrganizationId,
  { id }: LockedDevice,
  reason: StateReason,
): Promise<unknown> =>
  rows(
    tx,
    `UPDATE device d SET state_reason = $3 WHERE d.organization_id = $1 AND d.id = $2 AND d.state = 'suspended'`,
    [organizationId, id, reason],
  );

async function sessionsOf(tx: Tx, organizationId: OrganizationId, deviceId: DeviceId): Promise<SessionId[]> {
  const found = await rows<{ id: SessionId }>(
    tx,
    'SELECT s.id FROM session s WHERE s.organization_id = $1 AND s.device_id = $2',
    [organizationId, deviceId],
  );
  return found.map(({ id }) => id);
}
