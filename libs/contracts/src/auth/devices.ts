import { z } from 'zod';
import { defineRequest } from '../define.js';
import { deviceId, id, nothing, organizationId, pageOf, pageRequest, timestamp, userId } from '../primitives.js';
import { device, deviceState } from './device.js';

const theDevice = { userId, deviceId };
const orderId = id();

/** Devices of the organization, of one person, or in one state: those that wait for approval, say. */
export const listOrganizationDevices = defineRequest({
  subject: 'rpc.auth.device.list-all.v1',
  access: 'user',
  input: z.strictObject({ ...pageRequest, userId: userId.optional(), state: deviceState.optional() }),
  output: pageOf(device.extend({ userId })),
  errors: {},
});

/**
 * Lets a device in, suspends it, lets it in again or puts it out for good. By administrators; and by a person, from a device
 * that is in use, as far as the policy lets them approve their own.
 */
export const setDeviceState = defineRequest({
  subject: 'rpc.auth.device.set-state.v1',
  access: 'user',
  input: z.strictObject({ ...theDevice, state: z.enum(['active', 'suspended', 'gone']) }),
  output: nothing,
  errors: { device_not_found: 'not_found', device_state_conflict: 'conflict' },
});

export const wipeState = z.enum(['requested', 'delivered', 'wiped', 'cancelled']);
export const wipe = z.object({
  id: orderId,
  deviceId,
  userId,
  state: wipeState,
  isOverdue: z.boolean(),
  requestedAt: timestamp,
  deliveredAt: timestamp.optional(),
  finishedAt: timestamp.optional(),
});
export type Wipe = z.infer<typeof wipe>;

/** Orders that the app's data on a device goes. Its sessions end now; from now on it can fetch the order and nothing else. */
export const orderWipe = defineRequest({
  subject: 'rpc.auth.wipe.order.v1',
  access: 'user',
  input: z.strictObject(theDevice),
  output: wipe,
  errors: { device_not_found: 'not_found', device_state_conflict: 'conflict' },
});

/** Takes an order back that the device has not fetched yet. The device stays suspended. */
export const cancelWipe = defineRequest({
  subject: 'rpc.auth.wipe.cancel.v1',
  access: 'user',
  input: z.strictObject(theDevice),
  output: nothing,
  errors: { device_not_found: 'not_found', wipe_delivered: 'conflict' },
});

export const listWipes = defineRequest({
  subject: 'rpc.auth.wipe.list.v1',
  access: 'user',
  input: z.strictObject(pageRequest),
  output: pageOf(wipe),
  errors: {},
});

/** A compact JWS by the device's key over `{ dev, iat }`, `typ: relais-wipe-fetch+jwt`. */
const statement = z.string().max(2_048);
const bySelf = { organizationId, deviceId, proof: statement };

/**
 * For a device that is refused everything else. `order`: a compact JWS by the key that signs access tokens,
 * `typ: relais-wipe+jwt`, over `{ iss, sub: deviceId, org, nonce, scope: 'app', iat }`.
 */
export const fetchWipeOrder = defineRequest({
  subject: 'rpc.auth.wipe.fetch.v1',
  access: 'public',
  input: z.strictObject(bySelf),
  output: z.object({ order: z.string() }),
  errors: { no_wipe_order: 'not_found' },
});

/**
 * The device's word that it has done so; its key goes last. `proof`: a compact JWS by the device's key over
 * `{ dev, nonce, iat }`, `typ: relais-wiped+jwt`. May be repeated.
 */
export const confirmWipe = defineRequest({
  subject: 'rpc.auth.wipe.confirm.v1',
  access: 'public',
  input: z.strictObject(bySelf),
  output: nothing,
  errors: { no_wipe_order: 'not_found' },
});
