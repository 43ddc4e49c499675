import { z } from 'zod';
import { defineRequest, defineSignal } from '../define.js';

export const publicJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string(),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
});

export type PublicJwk = z.infer<typeof publicJwk>;

/** The keys that sign access tokens: the current one and the one before or after it. */
export const readKeys = defineRequest({
  subject: 'rpc.auth.key.read.v1',
  access: 'service',
  input: z.strictObject({}),
  output: z.object({ keys: z.array(publicJwk).min(1) }),
  errors: {},
});

/**
 * Revocation is one counter. Putting an organization, user or session out raises it and writes the new value beside that
 * id; a token is good while its own `epoch` is not below the value of any of its ids. A device is put out by its sessions,
 * because clients choose the ids of devices.
 * Only ids revoked within the life of an access token need to be known.
 */
export const revocation = z.strictObject({ subjectId: z.string(), epoch: z.int().positive() });
export type Revocation = z.infer<typeof revocation>;

export const listRevocations = defineRequest({
  subject: 'rpc.auth.revocation.list.v1',
  access: 'service',
  input: z.strictObject({}),
  output: z.object({ revocations: z.array(revocation) }),
  errors: {},
});

/** Told to everyone the moment a revocation commits; whoever misses it finds it within one poll. */
export const revoked = defineSignal({
  subject: 'all.everyone.revoked.v1',
  data: z.strictObject({ revocations: z.array(revocation) }),
});
