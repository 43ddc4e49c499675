import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { id, label, nothing, organizationId, timestamp } from '../primitives.js';
import { isLoopbackOrHttps } from './guarded-url.js';

const sourceId = id();
const name = label(LIMITS.titleBytes);

/** Public keys only, RFC 7517. Which of them may sign is decided when a token comes. */
const publicJwk = z
  .record(z.string().max(32), z.unknown())
  .refine(({ d, k, p }) => d === undefined && k === undefined && p === undefined, 'expected public keys only');
const jwks = z.strictObject({ keys: z.array(publicJwk).min(1).max(20) });

/**
 * Where the word about devices comes from. `caep`: a transmitter of Shared Signals pushes security event tokens (RFC 8417,
 * RFC 8935, OpenID CAEP 1.0). `json`: a script or a workflow of device management posts JSON under a shared key.
 */
export const postureSettings = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('caep'),
      name,
      /** As the transmitter writes it into `iss`. */
      issuer: z.string().min(1).max(512),
      /** As the transmitter writes it into `aud`. */
      audience: z.string().min(1).max(512),
      /** The transmitter's keys, or where to read them: one of the two. */
      jwks: jwks.optional(),
      jwksUrl: z.url().max(512).refine(isLoopbackOrHttps, 'expected https').optional(),
    })
    .refine((given) => (given.jwks === undefined) !== (given.jwksUrl === undefined), 'expected jwks or jwksUrl'),
  z.strictObject({ kind: z.literal('json'), name }),
]);
export type PostureSettings = z.output<typeof postureSettings>;

const postureSource = z.object({
  id: sourceId,
  settings: postureSettings,
  /** Where it posts to, below the address of the gateway. */
  path: z.string(),
  createdAt: timestamp,
});

/** `key`: of a `json` source, shown when it is made or renewed and never again. Its text is the key of the HMAC. */
export const putPostureSource = defineRequest({
  subject: 'rpc.auth.posture-source.put.v1',
  access: 'user',
  input: z.strictObject({ sourceId, settings: postureSettings, renewKey: z.boolean().default(false) }),
  output: postureSource.extend({ key: z.string().optional() }),
  errors: {},
});

export const listPostureSources = defineRequest({
  subject: 'rpc.auth.posture-source.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(postureSource) }),
  errors: {},
});

/** Devices it suspended stay so until an administrator lets them in. */
export const deletePostureSource = defineRequest({
  subject: 'rpc.auth.posture-source.delete.v1',
  access: 'user',
  input: z.strictObject({ sourceId }),
  output: nothing,
  errors: { posture_source_not_found: 'not_found' },
});

/** What a `json` source posts: one device, by the id it has here or the one it has in device management. */
export const postureReport = z.strictObject({
  deviceId: z.string().min(1).max(256),
  compliant: z.boolean(),
  /** When it became so; without it, the time of the signature. */
  at: timestamp.optional(),
});

/** The events of OpenID CAEP 1.0, 3.1 and 3.5. Every other one is acknowledged, and nothing to us. */
export const SESSION_REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';
export const DEVICE_COMPLIANCE_CHANGE = 'https://schemas.openid.net/secevent/caep/event-type/device-compliance-change';

/** At most this much is read of what a source posts, bytes. */
export const POSTURE_BODY_BYTES = 64 * 1024;

const posted = { organizationId, sourceId, body: z.string().max(POSTURE_BODY_BYTES) };

/** A security event token as it was pushed. The codes are those of RFC 8935, 2.4. */
export const receiveSecurityEvent = defineRequest({
  subject: 'rpc.auth.posture.receive-event.v1',
  access: 'public',
  timeoutMs: 10_000,
  input: z.strictObject(posted),
  output: nothing,
  errors: {
    set_invalid_request: 'invalid',
    set_invalid_key: 'invalid',
    set_invalid_issuer: 'invalid',
    set_invalid_audience: 'invalid',
    set_authentication_failed: 'invalid',
    /** The transmitter's keys cannot be read now: it tries again. */
    keys_unavailable: 'unavailable',
  },
});

/**
 * A `postureReport` as it was posted. `signature`: `v1=` and, in hexadecimal, HMAC-SHA-256 with the source's key over
 * `<timestamp>.<body>`; `timestamp`: Unix time in seconds, at most five minutes off. Each signature counts once.
 */
export const receivePostureReport = defineRequest({
  subject: 'rpc.auth.posture.receive-report.v1',
  access: 'public',
  input: z.strictObject({ ...posted, timestamp: z.string().max(16), signature: z.string().max(128) }),
  output: nothing,
  errors: { posture_refused: 'unauthenticated', posture_replayed: 'conflict', posture_invalid: 'invalid' },
});
