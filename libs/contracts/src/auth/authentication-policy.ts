import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { timestamp } from '../primitives.js';
import { devicePlatform } from './device.js';

/** How much must be shown, each more than the one before (NIST SP 800-63B-4: AAL1, AAL2, phishing-resistant AAL2). */
export const authenticationStrength = z.enum(['password', 'second_factor', 'phishing_resistant']);
export type AuthenticationStrength = z.infer<typeof authenticationStrength>;

export const factorKind = z.enum(['totp', 'passkey', 'recovery_code']);
export type FactorKind = z.infer<typeof factorKind>;

export const authenticationPolicy = z.strictObject({
  required: authenticationStrength.default('password'),
  /** Of owners and administrators; never less than what is required of everybody. */
  requiredOfAdministrators: authenticationStrength.default('password'),
  allowedFactors: z
    .array(factorKind)
    .max(3)
    .default([...factorKind.options]),
  sessionIdleSeconds: z.int().min(300).max(LIMITS.sessionIdleSeconds).default(LIMITS.sessionIdleSeconds),
  sessionAbsoluteSeconds: z.int().min(600).max(LIMITS.sessionAbsoluteSeconds).default(LIMITS.sessionAbsoluteSeconds),
  /** Devices of one person that are in use, suspended or waiting for approval. */
  devicesPerPerson: z.int().min(1).max(100).default(20),
  /** Who lets a new device in: nobody need, another device of the person, an administrator, or either of these. */
  deviceApproval: z.enum(['none', 'either', 'own_device', 'administrator']).default('none'),
  platforms: z
    .array(devicePlatform)
    .max(5)
    .default([...devicePlatform.options]),
  /** Whether adding or removing a factor ends the other sessions of the person; another password always does. */
  factorChangeEndsSessions: z.boolean().default(true),
  /**
   * Apps wrap their data with a secret that the server holds, so that a device is locked that cannot be reached. Off unless
   * said: without the server there is no app, but for the hours of grace; a second channel must open when it is away.
   */
  remoteLock: z.strictObject({ graceHours: z.int().min(0).max(168).default(0) }).optional(),
  /** How long ago the person may have shown who they are when they do something sensitive. */
  stepUpSeconds: z.int().min(60).max(3_600).default(300),
});
export type AuthenticationPolicy = z.infer<typeof authenticationPolicy>;

/** The organization's own id, or a pool's: what holds for a person is the strictest of all that concern them. */
const subject = { subjectId: z.uuid() };
const document = z.object({ ...subject, policy: authenticationPolicy, updatedAt: timestamp.optional() });

export const readAuthenticationPolicy = defineRequest({
  subject: 'rpc.auth.authentication-policy.read.v1',
  access: 'user',
  input: z.strictObject(subject),
  output: document,
  errors: { policy_subject_not_found: 'not_found' },
});

/** Refused when the one who sets it would not satisfy it: nobody locks everybody out, themselves included. */
export const setAuthenticationPolicy = defineRequest({
  subject: 'rpc.auth.authentication-policy.set.v1',
  access: 'user',
  input: z.strictObject({ ...subject, policy: authenticationPolicy }),
  output: document,
  errors: { policy_subject_not_found: 'not_found', would_lock_out: 'conflict' },
});
