import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { listOrganizationDevices, type Revocation, setDeviceState } from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { policyOf } from '../authentication-policy/authentication-policy-rows.postgres.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject } from '../facts/record-fact.js';
import { actorOf, actorWith, forbidden } from '../permissions/actor.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { fromCursor, toCursor } from '../users/cursor.js';
import {
  changeDeviceState,
  lockDeviceOf,
  type LockedDevice,
  type StateReason,
} from './change-device-state.postgres.js';
import { listAllDeviceRows } from './device-rows.postgres.js';

type Command = z.output<typeof setDeviceState.input>;

/** The devices of an organization in the hands of its administrators; and a person's own, as far as they may. */
@Injectable()
export class OrganizationDevicesHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly revocations: Revocations,
    private readonly freshness: Freshness,
  ) {}

  @Serves(listOrganizationDevices)
  async list(
    { cursor, limit, ...selection }: z.output<typeof listOrganizationDevices.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof listOrganizationDevices.output>> {
    const { organizationId } = principal;
    const after = fromCursor(cursor);
    const found = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_devices');
      return listAllDeviceRows(tx, organizationId, { ...selection, after, limit: limit + 1 });
    });
    const shown = found.slice(0, limit);
    const sealed = shown.map((device) => device.name_sealed);
    const reader = await this.personal.reader(organizationId, sealed);
    const items = shown.map(({ id, user_id: userId, state, platform, name_sealed, created_at }) => ({
      ...{ id, userId, state, platform, name: reader.open('device.name', id, name_sealed) },
      createdAt: created_at.toISOString(),
    }));
    const last = found.length > limit ? items.at(-1) : undefined;
    return { items, ...(last ? { next: toCursor(last.id) } : {}) };
  }

  @Serves(setDeviceState)
  async set(command: Command, { principal }: RequestContext): Promise<Record<never, never>> {
    const { organizationId } = principal;
    const revocations = await this.db.within(organizationId, (tx) =>
      this.change(tx, organizationId, principal, command),
    );
    this.revocations.announce(revocations);
    return {};
  }

  private async change(
    tx: Tx,
    organizationId: OrganizationId,
    principal: Principal,
    command: Command,
  ): Promise<Revocation[]> {
    const device = await this.lock(tx, principal, command);
    const reason = await this.assertMay(tx, principal, device, command);
    // Putting a device out must not wait for anything; letting one in must not be done with a session somebody left open.
    if (command.state === 'active') await this.freshness.assertFresh(tx, principal);
    const changed = await changeDeviceState(tx, organizationId, device, {
      to: command.state,
      reason,
      actor: actorSubject(principal),
    });
    if (!changed) throw setDeviceState.fail('device_state_conflict', `it is ${device.state}`);
    return changed;
  }

  private async lock(tx: Tx, principal: Principal, { userId, deviceId }: Command): Promise<LockedDevice> {
    if (userId === principal.userId) await actorOf(tx, principal);
    else await actorWith(tx, principal, 'manage_devices', { userId });
    const device = await lockDeviceOf(tx, principal.organizationId, { userId, deviceId });
    if (!device) throw setDeviceState.fail('device_not_found');
    return device;
  }

  /** Of one's own: put out at any time; let in from another device, where the policy takes one's own word. */
  private async assertMay(
    tx: Tx,
    principal: Principal,
    { id, state, state_reason, posture }: LockedDevice,
    { userId, state: to }: Command,
  ): Promise<StateReason> {
    const isAdministrator = await actorWith(tx, principal, 'manage_devices', { userId }).then(
      () => true,
      () => false,
    );
    if (isAdministrator) return 'administrator';
    if (to !== 'active' || state_reason === 'person') return 'person';
    const { deviceApproval } = await policyOf(tx, principal.organizationId, userId);
    const isOwnWordEnough = ['none', 'own_device', 'either'].includes(deviceApproval);
    const isInOrder = posture !== 'not_compliant';
    if (state === 'pending' && isOwnWordEnough && isInOrder && id !== principal.deviceId) return 'person';
    throw forbidden('manage_devices');
  }
}
