import { z } from 'zod';
import { defineRequest, defineSignal } from '../define.js';
import { timestamp } from '../primitives.js';

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
  output: z.object({
    keys: z.array(publicJwk).min(1),
    /** The database's time, for who has no database. */
    now: timestamp.optional(),
  }),
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

/** As many as fit into one message of NATS, with room to spare. */
export const REVOCATIONS_PER_MESSAGE = 5_000;

/** A revocation and when it was written, by the database. Nothing is decided by the time: it measures how fast one is put out. */
export type DatedRevocation = Revocation & { readonly revokedAt?: string | undefined };

const told = {
  revocations: z.array(revocation).max(REVOCATIONS_PER_MESSAGE),
  /** When each of them was written, in the same order; the release before does not say. */
  revokedAt: z.array(timestamp).max(REVOCATIONS_PER_MESSAGE).optional(),
};
type Told = z.infer<z.ZodObject<typeof told>>;

/** As they are told; with their times, where all are known. */
export function tellRevocations(dated: readonly DatedRevocation[]): Told {
  const revocations = dated.map(({ subjectId, epoch }) => ({ subjectId, epoch }));
  const revokedAt = dated.flatMap((one) => one.revokedAt ?? []);
  return revokedAt.length === dated.length ? { revocations, revokedAt } : { revocations };
}

/** What was told, each with its time. */
export const toldRevocations = ({ revocations, revokedAt }: Told): DatedRevocation[] =>
  revocations.map((one, at) => ({ ...one, revokedAt: revokedAt?.[at] }));

/** All that may still matter, by their number. Ask again `after` what is `next`, until there is none. */
export const listRevocations = defineRequest({
  subject: 'rpc.auth.revocation.list.v1',
  access: 'service',
  input: z.strictObject({ after: z.int().min(0).optional() }),
  output: z.object({ ...told, next: z.int().optional() }),
  errors: {},
});

/** Told to everyone the moment revocations commit, many in several signals; whoever misses one finds it within one poll. */
export const revokedDated = defineSignal({ subject: 'all.everyone.revoked.v2', data: z.strictObject(told) });

/** The same once more, after it, for replicas of the release before, which do not know the other. Goes with the next release. */
export const revoked = defineSignal({
  subject: 'all.everyone.revoked.v1',
  data: z.strictObject({ revocations: z.array(revocation).max(REVOCATIONS_PER_MESSAGE) }),
});
