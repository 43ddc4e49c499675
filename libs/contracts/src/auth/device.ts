import { z } from 'zod';
import { deviceId, label, timestamp } from '../primitives.js';

/** The public half of a device's own key (RFC 8037). The private half never leaves the device. */
export const devicePublicKey = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.base64url().length(43),
});
export type DevicePublicKey = z.infer<typeof devicePublicKey>;

export const newDevice = z.strictObject({
  id: deviceId,
  name: label(256),
  platform: z.enum(['android', 'ios', 'desktop', 'web', 'server']),
  publicKey: devicePublicKey,
});
export type NewDevice = z.infer<typeof newDevice>;

export const devicePlatform = newDevice.shape.platform;
export type DevicePlatform = z.infer<typeof devicePlatform>;

/** pending → active ⇄ suspended → wipe_pending → wiped, and from each to gone. Only the device's own proof makes `wiped`. */
export const deviceState = z.enum(['pending', 'active', 'suspended', 'wipe_pending', 'wiped', 'gone']);
export type DeviceState = z.infer<typeof deviceState>;

export const device = z.object({
  id: deviceId,
  name: z.string(),
  platform: z.string(),
  state: deviceState,
  createdAt: timestamp,
});
export type Device = z.infer<typeof device>;
