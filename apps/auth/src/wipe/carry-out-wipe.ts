import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { confirmWipe, fetchWipeOrder } from '@relais/contracts';
import { Clock, type DeviceId, type OrganizationId } from '@relais/kernel';
import { verifyDeviceStatement } from '@relais/security';
import { SignJWT } from 'jose';
import { z } from 'zod';
import { Database, type Tx } from '../database/database.js';
import { changeDeviceState, lockDeviceOf } from '../devices/change-device-state.postgres.js';
import { deviceSubject, recordFact } from '../facts/record-fact.js';
import { SigningKeys } from '../trust/signing-keys.postgres.js';
import { advanceWipe, lastWipe, openWipe, type WipeRow } from './wipe-rows.postgres.js';

const FETCH_TYPE = 'relais-wipe-fetch+jwt';
const WIPED_TYPE = 'relais-wiped+jwt';

interface Said {
  organizationId: OrganizationId;
  deviceId: DeviceId;
  proof: string;
}

/**
 * The device's side of a wipe (R-I9). It is recognised by its key alone, because every session of it has ended; a device is
 * never called wiped without its own word over the order's nonce.
 */
@Injectable()
export class CarryOutWipeHandler {
  constructor(
    private readonly db: Database,
    private readonly keys: SigningKeys,
    private readonly clock: Clock,
  ) {}

  @Serves(fetchWipeOrder)
  async fetch(said: Said): Promise<{ order: string }> {
    await this.assertSaid(said, FETCH_TYPE, z.looseObject({ dev: z.literal(said.deviceId) }));
    const { organizationId, deviceId } = said;
    const order = await this.db.within(organizationId, async (tx) => {
      const open = await openWipe(tx, organizationId, deviceId);
      if (open?.state === 'requested') await this.deliver(tx, organizationId, open);
      return open;
    });
    if (!order) throw fetchWipeOrder.fail('no_wipe_order');
    return { order: await this.sign(organizationId, order) };
  }

  /** Saying it twice is no mistake: the answer to the first may have been lost. */
  @Serves(confirmWipe)
  async confirm(said: Said): Promise<Record<never, never>> {
    const { organizationId, deviceId } = said;
    const order = await this.db.within(organizationId, (tx) => lastWipe(tx, organizationId, deviceId));
    if (!order) throw confirmWipe.fail('no_wipe_order');
    await this.assertSaid(said, WIPED_TYPE, z.looseObject({ dev: z.literal(deviceId), nonce: z.literal(order.nonce) }));
    await this.db.within(organizationId, (tx) => this.finish(tx, organizationId, deviceId));
    return {};
  }

  private async assertSaid({ organizationId, deviceId, proof }: Said, type: string, content: z.ZodType): Promise<void> {
    const device = await this.db.within(organizationId, (tx) => lockDeviceOf(tx, organizationId, { deviceId }));
    const statement = device && (await verifyDeviceStatement(device.public_key, type, proof, this.clock.now()));
    // Strangers learn nothing: not whether there is such a device, nor whether it is to be wiped.
    if (!statement || !content.safeParse(statement).success) throw fetchWipeOrder.fail('no_wipe_order');
  }

  private async deliver(tx: Tx, organizationId: OrganizationId, { id, device_id }: WipeRow): Promise<void> {
    await advanceWipe(tx, organizationId, id, { to: 'delivered', now: this.clock.now() });
    await recordFact(tx, organizationId, {
      actor: deviceSubject(device_id),
      action: 'wipe.delivered',
      object: deviceSubject(device_id),
    });
  }

  private async finish(tx: Tx, organizationId: OrganizationId, deviceId: DeviceId): Promise<void> {
    const order = await openWipe(tx, organizationId, deviceId);
    const device = order && (await lockDeviceOf(tx, organizationId, { deviceId }));
    if (!device) return;
    await advanceWipe(tx, organizationId, order.id, { to: 'wiped', now: this.clock.now() });
    await changeDeviceState(tx, organizationId, device, {
      to: 'wiped',
      reason: 'wipe',
      actor: deviceSubject(deviceId),
    });
  }

  /** Signed anew each time: a device may come back after the key that signed at first is gone. */
  private sign(organizationId: OrganizationId, { device_id, nonce }: WipeRow): Promise<string> {
    const { kid, privateKey } = this.keys.current();
    return new SignJWT({ iss: 'relais', sub: device_id, org: organizationId, nonce, scope: 'app' })
      .setIssuedAt(this.clock.now())
      .setProtectedHeader({ alg: 'EdDSA', typ: 'relais-wipe+jwt', kid })
      .sign(privateKey);
  }
}
