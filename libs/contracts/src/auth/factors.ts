import { z } from 'zod';
import { defineRequest, PASSWORD_TIMEOUT_MS } from '../define.js';
import { LIMITS } from '../limits.js';
import { id, label, nothing, text, timestamp, userId } from '../primitives.js';
import { factorKind } from './authentication-policy.js';
import { newDevice } from './device.js';
import { DEVICE_REFUSALS, handle, tokens } from './sessions.js';

const factorId = id();
const loginToken = z.string().max(512);
/** JSON of the Web Authentication API, Level 3, 5.1: what the browser's `toJSON()` gives, or `parse…FromJSON()` takes. */
const webauthnJson = z.record(z.string().max(64), z.unknown());
const webauthnOptions = z.record(z.string(), z.unknown());

export const factor = z.object({
  id: factorId,
  kind: factorKind,
  name: z.string(),
  createdAt: timestamp,
  lastUsedAt: timestamp.optional(),
});
export type Factor = z.infer<typeof factor>;

/** What is sent with `factor_required`: show one of these with `finishLogin`. */
export const unfinishedLogin = z.object({
  loginToken,
  factors: z.array(factorKind),
  /** For `navigator.credentials.get`, where there is a passkey. */
  passkeyOptions: webauthnOptions.optional(),
  expiresAt: timestamp,
});
export type UnfinishedLogin = z.infer<typeof unfinishedLogin>;

/** Begins a login with a passkey alone; the person need not say who they are. Always answers alike. */
export const beginPasskeyLogin = defineRequest({
  subject: 'rpc.auth.login.begin-passkey.v1',
  access: 'public',
  input: z.strictObject({ organization: handle, device: newDevice }),
  output: unfinishedLogin,
  errors: {},
});

/** Begins to show once more who one is, before something sensitive; `finishLogin` gives new tokens. */
export const beginStepUp = defineRequest({
  subject: 'rpc.auth.login.begin-step-up.v1',
  access: 'user',
  limited: true,
  input: z.strictObject({}),
  output: unfinishedLogin.extend({ password: z.boolean() }),
  errors: {},
});

/** Five wrong tries end the login. All ways of failing look alike. */
export const finishLogin = defineRequest({
  subject: 'rpc.auth.login.finish.v1',
  access: 'public',
  timeoutMs: PASSWORD_TIMEOUT_MS,
  input: z.strictObject({
    loginToken,
    shown: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('totp'), code: z.string().regex(/^\d{6}$/) }),
      z.strictObject({ kind: z.literal('recovery_code'), code: z.string().max(64) }),
      z.strictObject({ kind: z.literal('passkey'), assertion: webauthnJson }),
      z.strictObject({ kind: z.literal('password'), password: text(LIMITS.passwordBytes) }),
    ]),
  }),
  output: tokens,
  errors: {
    login_failed: 'unauthenticated',
    login_throttled: 'rate_limited',
    login_overloaded: 'unavailable',
    factor_required: 'unauthenticated',
    ...DEVICE_REFUSALS,
  },
});

export const listFactors = defineRequest({
  subject: 'rpc.auth.factor.list.v1',
  access: 'user',
  limited: true,
  input: z.strictObject({}),
  output: z.object({ items: z.array(factor), recoveryCodesLeft: z.int() }),
  errors: {},
});

/** Another person's, for whoever may remove one of them: the same permission, and no secret. */
export const listFactorsOf = defineRequest({
  subject: 'rpc.auth.factor.list-of.v1',
  access: 'user',
  input: z.strictObject({ userId }),
  output: listFactors.output,
  errors: { user_not_found: 'not_found' },
});

const name = label(LIMITS.titleBytes);

/** The secret is shown once; the factor counts from its confirmation. */
export const beginTotp = defineRequest({
  subject: 'rpc.auth.factor.begin-totp.v1',
  access: 'user',
  limited: true,
  input: z.strictObject({ name }),
  /** `uri`: otpauth://, for a QR code. */
  output: z.object({ factorId, secret: z.string(), uri: z.string() }),
  errors: { factor_not_allowed: 'forbidden' },
});

export const confirmTotp = defineRequest({
  subject: 'rpc.auth.factor.confirm-totp.v1',
  access: 'user',
  limited: true,
  input: z.strictObject({ factorId, code: z.string().regex(/^\d{6}$/) }),
  output: nothing,
  errors: { factor_not_found: 'not_found', wrong_code: 'forbidden', login_throttled: 'rate_limited' },
});

export const beginPasskey = defineRequest({
  subject: 'rpc.auth.factor.begin-passkey.v1',
  access: 'user',
  limited: true,
  input: z.strictObject({}),
  /** `options`: for `navigator.credentials.create`. */
  output: z.object({ registrationToken: loginToken, options: webauthnOptions }),
  errors: { factor_not_allowed: 'forbidden' },
});

export const confirmPasskey = defineRequest({
  subject: 'rpc.auth.factor.confirm-passkey.v1',
  access: 'user',
  limited: true,
  input: z.strictObject({ registrationToken: loginToken, name, attestation: webauthnJson }),
  output: factor,
  errors: { passkey_refused: 'invalid', factor_exists: 'conflict' },
});

/** Ten new codes in place of all earlier ones, shown once. Each stands for a second factor, once. */
export const renewRecoveryCodes = defineRequest({
  subject: 'rpc.auth.factor.renew-recovery-codes.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ codes: z.array(z.string()) }),
  errors: { factor_not_allowed: 'forbidden' },
});

/** One's own, or with permission another person's: a lost phone, say. */
export const removeFactor = defineRequest({
  subject: 'rpc.auth.factor.remove.v1',
  access: 'user',
  input: z.strictObject({ userId, factorId }),
  output: nothing,
  /** `approval_required`: the last factor of somebody else goes by two: see `requestFactorReset`. */
  errors: { factor_not_found: 'not_found', approval_required: 'conflict' },
});
