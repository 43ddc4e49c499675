import { Injectable } from '@nestjs/common';
import { removeDevice, type Revocation } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import type { DeviceId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { DataSource, type EntityManager } from 'typeorm';
import { rows } from '../database/sql.js';
import { EventLog } from '../event-log.js';
import { endSessions } from '../sessions/session-rows.postgres.js';
import { revoke, Revocations } from '../trust/revocations.js';

/** Puts one of the caller's devices out. Its row stays, so that its id and key are refused from now on. */
@Injectable()
export class RemoveDeviceHandler {
  constructor(
    private readonly db: DataSource,
    private readonly revocations: Revocations,
    private readonly events: EventLog,
  ) {}

  async execute(principal: Principal, deviceId: DeviceId): Promise<Record<never, never>> {
    const { organizationId, userId } = principal;
    const revocations = await withOrganization(this.db, organizationId, (tx) => this.putOut(tx, principal, deviceId));
    this.revocations.announce(revocations);
    this.events.changed('auth.device_removed', organizationId, userId);
    return {};
  }

  private async putOut(
    tx: EntityManager,
    { organizationId, userId }: Principal,
    deviceId: DeviceId,
  ): Promise<Revocation[]> {
    const changed = await rows(
      tx,
      `UPDATE device d SET state = 'gone' WHERE d.organization_id = $1 AND d.id = $2 AND d.user_id = $3 AND d.state <> 'gone'
       RETURNING d.id`,
      [organizationId, deviceId, userId],
    );
    if (changed.length === 0) throw removeDevice.fail('device_not_found');
    const sessions = await endSessions(tx, 'device', organizationId, { deviceId });
    return [...(await revoke(tx, 'device', [deviceId])), ...sessions];
  }
}
