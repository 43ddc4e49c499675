import { z } from 'zod';
import { defineRequest } from '../define.js';
import { deviceId, nothing, userId } from '../primitives.js';

/** 256 bits, base64url: the app wraps the key of its database with it and forgets it when it ends. */
const remoteSecret = z.string();
const held = {
  remoteSecret,
  /** How long the app may keep it where the server cannot be reached; 0: not at all. Never after a refusal. */
  graceSeconds: z.int(),
  /** Ask again this often while running; at once when the socket is closed as revoked. */
  pollSeconds: z.int(),
};

/**
 * For an app whose policy has a remote lock: gives this device a new secret, in place of any before. The app keeps
 * `fetchToken` and a hash of the secret, and nothing else of it. The price is that there is no app without the server, save
 * for the hours of grace that the policy grants.
 */
export const activateRemoteLock = defineRequest({
  subject: 'rpc.auth.remote-lock.activate.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ ...held, fetchToken: z.string() }),
  errors: { remote_lock_off: 'conflict' },
});

/** Once the policy has none any more, and the app has wrapped its key otherwise. */
export const deactivateRemoteLock = defineRequest({
  subject: 'rpc.auth.remote-lock.deactivate.v1',
  access: 'user',
  input: z.strictObject({}),
  output: nothing,
  errors: { remote_lock_required: 'conflict' },
});

/**
 * At the start of the app, before it can read anything of its own. `proof`: a compact JWS by the device's key over
 * `{ dev, iat }`, `typ: relais-remote-secret+jwt`. Every refusal but one that is retryable means: lock now.
 */
export const fetchRemoteSecret = defineRequest({
  subject: 'rpc.auth.remote-lock.fetch.v1',
  access: 'public',
  input: z.strictObject({ fetchToken: z.string().max(512), deviceId, proof: z.string().max(2_048) }),
  output: z.object(held),
  errors: {
    remote_secret_unknown: 'not_found',
    remote_locked: 'forbidden',
    /** See `fetchWipeOrder`. */
    wipe_pending: 'forbidden',
  },
});

const theDevice = { userId, deviceId };

/**
 * Nothing of the app can be read on the device from its next start, whether it can be reached now or not; where it can, its
 * sessions end at once. By administrators, and by its person.
 */
export const lockDevice = defineRequest({
  subject: 'rpc.auth.remote-lock.lock.v1',
  access: 'user',
  input: z.strictObject(theDevice),
  output: nothing,
  errors: { device_not_found: 'not_found', remote_lock_inactive: 'conflict' },
});

/** By administrators; by its person, from another device, if it was them who locked it. */
export const unlockDevice = defineRequest({
  subject: 'rpc.auth.remote-lock.unlock.v1',
  access: 'user',
  input: z.strictObject(theDevice),
  output: nothing,
  errors: { device_not_found: 'not_found', remote_lock_inactive: 'conflict' },
});
