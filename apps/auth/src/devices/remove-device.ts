import { Injectable } from '@nestjs/common';
import { removeDevice, type Revocation } from '@relais/contracts';
import type { DeviceId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { deviceSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { tellDeviceLeft } from './change-device-state.postgres.js';
import { markGone } from './device-rows.postgres.js';
import { endSessions } from '../sessions/session-rows.postgres.js';
import { Revocations } from '../trust/revocations.postgres.js';

/**
 * Puts one of the caller's devices out. Its row stays, so that its id and key are refused from now on.
 *
 * Its sessions are revoked, never its id: clients choose the ids of devices, and one that is called like another person,
 * like their organization or like a device elsewhere would put those out.
 */
@Injectable()
export class RemoveDeviceHandler {
  constructor(
    private readonly db: Database,
    private readonly revocations: Revocations,
    private readonly events: EventLog,
  ) {}

  async execute(principal: Principal, deviceId: DeviceId): Promise<Record<never, never>> {
    const { organizationId, userId } = principal;
    const revocations = await this.db.within(organizationId, (tx) => this.putOut(tx, principal, deviceId));
    this.revocations.announce(revocations);
    this.events.changed('auth.device_removed', organizationId, userId);
    return {};
  }

  private async putOut(tx: Tx, { organizationId, userId }: Principal, deviceId: DeviceId): Promise<Revocation[]> {
    if (!(await markGone(tx, organizationId, userId, deviceId))) throw removeDevice.fail('device_not_found');
    await recordFact(tx, organizationId, {
      actor: userSubject(userId),
      action: 'device.removed',
      object: deviceSubject(deviceId),
      after: { state: 'gone' },
    });
    await tellDeviceLeft(tx, organizationId, { id: deviceId, user_id: userId });
    return endSessions(tx, 'device', organizationId, { deviceId });
  }
}
