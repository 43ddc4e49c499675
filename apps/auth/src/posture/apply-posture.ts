import { Injectable } from '@nestjs/common';
import type { Revocation } from '@relais/contracts';
import type { DeviceId, OrganizationId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { changeDeviceState, lockDeviceOf } from '../devices/change-device-state.postgres.js';
import { deviceSubject, recordFact, systemSubject } from '../facts/record-fact.js';
import { devicesCalled, notePosture, UUID } from './posture-rows.postgres.js';

/** What a source said of one device. */
export interface Said {
  sourceId: string;
  /** As the source calls it, and how that is looked up. */
  deviceName: string;
  mdmIdIndex: Buffer;
  isCompliant: boolean;
  at: Date;
}

/** Makes of a source's word what it means here. */
@Injectable()
export class ApplyPosture {
  /**
   * A device that is not in order is suspended and its sessions end; one that is comes back, but only if posture suspended it.
   * What is older than the last word is no news. A device nobody here knows is none of ours. Announce what is returned.
   */
  async apply(tx: Tx, organizationId: OrganizationId, said: Said): Promise<Revocation[]> {
    const name = said.deviceName.toLowerCase();
    const deviceId = UUID.test(name) ? name : null;
    const revocations: Revocation[] = [];
    for (const { id } of await devicesCalled(tx, organizationId, { deviceId, mdmIdIndex: said.mdmIdIndex }))
      revocations.push(...(await this.applyTo(tx, organizationId, id, said)));
    return revocations;
  }

  private async applyTo(tx: Tx, organizationId: OrganizationId, deviceId: DeviceId, said: Said): Promise<Revocation[]> {
    const device = await lockDeviceOf(tx, organizationId, { deviceId });
    if (!device || !(await notePosture(tx, organizationId, deviceId, said))) return [];
    const actor = systemSubject('posture_source', said.sourceId);
    await recordFact(tx, organizationId, {
      actor,
      action: 'posture.reported',
      object: deviceSubject(deviceId),
      after: { isCompliant: said.isCompliant, at: said.at.toISOString() },
    });
    const isLifted = said.isCompliant && device.state === 'suspended' && device.state_reason === 'posture';
    const isCut = !said.isCompliant && device.state === 'active';
    if (!isLifted && !isCut) return [];
    const to = isCut ? 'suspended' : 'active';
    return (await changeDeviceState(tx, organizationId, device, { to, reason: 'posture', actor })) ?? [];
  }
}
