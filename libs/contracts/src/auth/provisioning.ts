import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { id, label, nothing, poolId, timestamp, userId } from '../primitives.js';

const clientId = id();

/** What a provisioning client may do to an organization. */
export const provisioningSettings = z.strictObject({
  name: label(LIMITS.titleBytes),
  /** How many people it may put out within an hour: a share of its own, never more than so many, and always as few as `always`. */
  brake: z
    .strictObject({
      percent: z.int().min(0).max(100).default(10),
      people: z.int().min(0).max(100_000).default(50),
      always: z.int().min(0).max(1_000).default(5),
    })
    .prefault({}),
  /** Never put out by it. */
  protectedUserIds: z.array(userId).max(1_000).default([]),
  /** A SCIM group of this name stands for this pool; for any other a pool is made. */
  groups: z
    .array(z.strictObject({ displayName: label(LIMITS.titleBytes), poolId }))
    .max(500)
    .default([]),
});
export type ProvisioningSettings = z.output<typeof provisioningSettings>;

const provisioningClient = z.object({
  id: clientId,
  settings: provisioningSettings,
  people: z.int(),
  /** Until when the secret before the last one is taken, too. */
  oldSecretUntil: timestamp.optional(),
  createdAt: timestamp,
});

const withSecret = provisioningClient.extend({
  /** The bearer token of the SCIM client, shown once. */
  secret: z.string(),
  /** Where it sends requests to, below the address of the gateway. */
  path: z.string(),
});

/** The same id again changes nothing and is a conflict: the secret is shown once. */
export const createProvisioningClient = defineRequest({
  subject: 'rpc.auth.provisioning.create.v1',
  access: 'user',
  input: z.strictObject({ clientId, settings: provisioningSettings }),
  output: withSecret,
  errors: { pool_not_found: 'not_found', provisioning_client_exists: 'conflict' },
});

export const listProvisioningClients = defineRequest({
  subject: 'rpc.auth.provisioning.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(provisioningClient) }),
  errors: {},
});

/** A new secret; the one before it is taken for `overlapSeconds` more. */
export const rotateProvisioningSecret = defineRequest({
  subject: 'rpc.auth.provisioning.rotate.v1',
  access: 'user',
  input: z.strictObject({ clientId, overlapSeconds: z.int().min(0).max(604_800).default(86_400) }),
  output: withSecret,
  errors: { provisioning_client_not_found: 'not_found' },
});

/** Lets a client go on that the brake has stopped: what it put out so far does not count any more. */
export const releaseProvisioningBrake = defineRequest({
  subject: 'rpc.auth.provisioning.release.v1',
  access: 'user',
  input: z.strictObject({ clientId }),
  output: nothing,
  errors: { provisioning_client_not_found: 'not_found' },
});

/** Its people and pools stay, and are from then on the organization's own. */
export const deleteProvisioningClient = defineRequest({
  subject: 'rpc.auth.provisioning.delete.v1',
  access: 'user',
  input: z.strictObject({ clientId }),
  output: nothing,
  errors: { provisioning_client_not_found: 'not_found' },
});

/** Below which SCIM is served (RFC 7644, 1.3). */
export const SCIM_PATH = '/scim/v2';
export const SCIM_MEDIA_TYPE = 'application/scim+json';

/**
 * One SCIM request as it came over HTTP, and its whole answer, errors included: they have a form of their own (RFC 7644,
 * 3.12). Whoever asks is known by the bearer secret alone.
 */
export const handleScim = defineRequest({
  subject: 'rpc.auth.scim.handle.v1',
  access: 'public',
  timeoutMs: 20_000,
  input: z.strictObject({
    method: z.string().max(16),
    /** Below `SCIM_PATH`, decoded by nobody yet. */
    path: z.string().max(512),
    query: z.record(z.string().max(64), z.string().max(4_096)).default({}),
    /** JSON, or nothing. */
    body: z.string().max(LIMITS.bodyBytes).default(''),
    bearer: z.string().max(256).default(''),
    ifMatch: z.string().max(1_024).optional(),
    ifNoneMatch: z.string().max(1_024).optional(),
  }),
  output: z.object({
    status: z.int(),
    /** JSON, or nothing. */
    body: z.string(),
    etag: z.string().optional(),
    /** Below the address of the gateway. */
    location: z.string().optional(),
    retryAfterSeconds: z.int().optional(),
  }),
  errors: {},
});
export type ScimRequest = z.output<typeof handleScim.input>;
export type ScimAnswer = z.output<typeof handleScim.output>;
