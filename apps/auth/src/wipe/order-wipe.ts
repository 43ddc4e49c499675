import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { cancelWipe, listWipes, orderWipe, type Revocation, type Wipe } from '@relais/contracts';
import { Clock, type DeviceId, newId, type UserId } from '@relais/kernel';
import { newSecret, type Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { changeDeviceState, lockDeviceOf, type LockedDevice } from '../devices/change-device-state.postgres.js';
import { actorSubject, deviceSubject, recordFact } from '../facts/record-fact.js';
import { actorOf, actorWith } from '../permissions/actor.postgres.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { fromCursor, toCursor } from '../users/cursor.js';
import { advanceWipe, insertWipe, lastWipe, listWipeRows, openWipe, toWipe } from './wipe-rows.postgres.js';

type Which = { userId: UserId; deviceId: DeviceId };

/** Orders to wipe devices: one's own, or with permission others'. */
@Injectable()
export class OrderWipeHandler {
  constructor(
    private readonly db: Database,
    private readonly revocations: Revocations,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  @Serves(orderWipe)
  async order(which: Which, { principal }: RequestContext): Promise<Wipe> {
    const { organizationId } = principal;
    const { wipe, revocations } = await this.db.within(organizationId, (tx) => this.write(tx, which, principal));
    this.revocations.announce(revocations);
    return wipe;
  }

  @Serves(cancelWipe)
  cancel(which: Which, { principal }: RequestContext): Promise<Record<never, never>> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      const device = await this.lock(tx, which, principal);
      await this.freshness.assertFresh(tx, principal);
      const order = await openWipe(tx, organizationId, which.deviceId);
      if (!order) throw cancelWipe.fail('device_not_found');
      if (order.state !== 'requested') throw cancelWipe.fail('wipe_delivered');
      await advanceWipe(tx, organizationId, order.id, { to: 'cancelled', now: this.clock.now() });
      await changeDeviceState(tx, organizationId, device, {
        to: 'suspended',
        reason: 'administrator',
        actor: actorSubject(principal),
      });
      await this.record(tx, principal, which, 'wipe.cancelled');
      return {};
    });
  }

  @Serves(listWipes)
  list({ cursor, limit }: z.output<typeof listWipes.input>, { principal }: RequestContext) {
    const { organizationId } = principal;
    const after = fromCursor(cursor);
    return this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_devices');
      const found = await listWipeRows(tx, organizationId, { after, limit: limit + 1 });
      const items = found.slice(0, limit).map(toWipe);
      const last = found.length > limit ? items.at(-1) : undefined;
      return { items, ...(last ? { next: toCursor(last.id) } : {}) };
    });
  }

  private async write(
    tx: Tx,
    which: Which,
    principal: Principal,
  ): Promise<{ wipe: Wipe; revocations: readonly Revocation[] }> {
    const { organizationId, userId: requestedBy } = principal;
    const device = await this.lock(tx, which, principal);
    await this.freshness.assertFresh(tx, principal);
    const actor = actorSubject(principal);
    const revocations = await changeDeviceState(tx, organizationId, device, {
      to: 'wipe_pending',
      reason: 'wipe',
      actor,
    });
    if (!revocations) throw orderWipe.fail('device_state_conflict', `it is ${device.state}`);
    const draft = { id: newId(), deviceId: which.deviceId, nonce: newSecret(), requestedBy, now: this.clock.now() };
    await insertWipe(tx, organizationId, draft);
    await this.record(tx, principal, which, 'wipe.ordered');
    const written = await lastWipe(tx, organizationId, which.deviceId);
    if (!written) throw orderWipe.fail('device_not_found');
    return { wipe: toWipe(written), revocations };
  }

  private async lock(tx: Tx, { userId, deviceId }: Which, principal: Principal): Promise<LockedDevice> {
    if (userId === principal.userId) await actorOf(tx, principal);
    else await actorWith(tx, principal, 'wipe_devices', { userId });
    const device = await lockDeviceOf(tx, principal.organizationId, { userId, deviceId });
    if (!device) throw orderWipe.fail('device_not_found');
    return device;
  }

  private record(
    tx: Tx,
    principal: Principal,
    { deviceId }: Which,
    action: 'wipe.ordered' | 'wipe.cancelled',
  ): Promise<void> {
    return recordFact(tx, principal.organizationId, {
      actor: actorSubject(principal),
      action,
      object: deviceSubject(deviceId),
    });
  }
}
