import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { lockDevice, type Revocation, unlockDevice } from '@relais/contracts';
import { Clock, type DeviceId, type UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import {
  changeDeviceState,
  keepSuspended,
  lockDeviceOf,
  type LockedDevice,
} from '../devices/change-device-state.postgres.js';
import { actorSubject, deviceSubject, recordFact } from '../facts/record-fact.js';
import { actorOf, actorWith, lacksPermission } from '../permissions/actor.postgres.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { lockRemoteSecret, markLocked, type RemoteSecretRow } from './remote-secret-rows.postgres.js';

type Which = { userId: UserId; deviceId: DeviceId };
interface Found {
  device: LockedDevice;
  secret: RemoteSecretRow;
}

/** Locks devices that may be out of reach: what they need to read their own data is withheld from them. */
@Injectable()
export class LockDeviceHandler {
  constructor(
    private readonly db: Database,
    private readonly revocations: Revocations,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  @Serves(lockDevice)
  async lock(which: Which, { principal }: RequestContext): Promise<Record<never, never>> {
    const { organizationId, userId: by } = principal;
    const revocations = await this.db.within(organizationId, async (tx) => {
      const { device, secret } = await this.find(tx, which, principal);
      if (secret.locked_at) return [];
      await markLocked(tx, organizationId, which.deviceId, { by, at: this.clock.now() });
      await this.record(tx, principal, which, 'device.locked');
      if (device.state !== 'active') return [];
      const change = { to: 'suspended', reason: 'lock', actor: actorSubject(principal) } as const;
      return (await changeDeviceState(tx, organizationId, device, change)) ?? [];
    });
    this.revocations.announce(revocations);
    return {};
  }

  @Serves(unlockDevice)
  async unlock(which: Which, { principal }: RequestContext): Promise<Record<never, never>> {
    const { organizationId } = principal;
    const revocations = await this.db.within(organizationId, async (tx) => {
      const { device, secret } = await this.find(tx, which, principal);
      if (!secret.locked_at) return [];
      await this.assertMayUnlock(tx, principal, which, secret);
      await markLocked(tx, organizationId, which.deviceId, null);
      await this.record(tx, principal, which, 'device.unlocked');
      return this.letIn(tx, principal, device);
    });
    this.revocations.announce(revocations);
    return {};
  }

  /** Only what the lock did is taken back, and not what device management has said meanwhile. */
  private async letIn(tx: Tx, principal: Principal, device: LockedDevice): Promise<Revocation[]> {
    if (device.state !== 'suspended' || device.state_reason !== 'lock') return [];
    if (device.posture === 'not_compliant') {
      await keepSuspended(tx, principal.organizationId, device, 'posture');
      return [];
    }
    const change = { to: 'active', reason: 'lock', actor: actorSubject(principal) } as const;
    return (await changeDeviceState(tx, principal.organizationId, device, change)) ?? [];
  }

  private async find(tx: Tx, { userId, deviceId }: Which, principal: Principal): Promise<Found> {
    const { organizationId } = principal;
    if (userId === principal.userId) await actorOf(tx, principal);
    else await actorWith(tx, principal, 'manage_devices', { userId });
    const device = await lockDeviceOf(tx, organizationId, { userId, deviceId });
    if (!device) throw lockDevice.fail('device_not_found');
    const secret = await lockRemoteSecret(tx, organizationId, deviceId);
    if (!secret) throw lockDevice.fail('remote_lock_inactive');
    return { device, secret };
  }

  private async assertMayUnlock(
    tx: Tx,
    principal: Principal,
    { userId, deviceId }: Which,
    { locked_by }: RemoteSecretRow,
  ): Promise<void> {
    await this.freshness.assertFresh(tx, principal);
    if (userId !== principal.userId) return;
    const isAdministrator = await actorWith(tx, principal, 'manage_devices', { userId }).then(
      () => true,
      () => false,
    );
    if (!isAdministrator && (locked_by !== userId || deviceId === principal.deviceId))
      throw lacksPermission('manage_devices');
  }

  private record(
    tx: Tx,
    principal: Principal,
    { userId, deviceId }: Which,
    action: 'device.locked' | 'device.unlocked',
  ): Promise<void> {
    const object = deviceSubject(deviceId);
    return recordFact(tx, principal.organizationId, {
      actor: actorSubject(principal),
      action,
      object,
      after: { userId },
    });
  }
}
