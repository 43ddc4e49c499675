import { z } from 'zod';
import { defineRequest, PASSWORD_TIMEOUT_MS } from '../define.js';
import { LIMITS } from '../limits.js';
import { invitationId, label, nothing, poolId, timestamp, userId } from '../primitives.js';
import { newDevice } from './device.js';
import { role } from './principal.js';
import { handle, person, tokens } from './sessions.js';

/** Makes the first organization and its owner with the single-use token that the installation was given. */
export const bootstrapOrganization = defineRequest({
  subject: 'rpc.auth.organization.bootstrap.v1',
  access: 'public',
  timeoutMs: PASSWORD_TIMEOUT_MS,
  input: z.strictObject({
    bootstrapToken: z.string().max(512),
    organization: z.strictObject({ handle, name: label(LIMITS.titleBytes) }),
    owner: z.strictObject(person),
    device: newDevice,
  }),
  output: tokens,
  errors: {
    bootstrap_refused: 'forbidden',
    handle_taken: 'conflict',
    password_refused: 'invalid',
    login_overloaded: 'unavailable',
  },
});

export const invitation = z.object({
  id: invitationId,
  role,
  poolIds: z.array(poolId),
  createdAt: timestamp,
  expiresAt: timestamp,
  usedAt: timestamp.optional(),
  /** Who made it, a person or a bot. */
  invitedBy: userId.optional(),
  /** Whether it is for one address alone. */
  isForAddress: z.boolean().optional(),
});
export type Invitation = z.infer<typeof invitation>;

/** So many invitations of a bot may be open at a time. */
export const MAX_OPEN_INVITATIONS_OF_BOT = 20;

/**
 * Valid once, for at most 24 h. Nobody invites to a role above their own. With an address it is for nobody else. A bot invites to
 * be an administrator at most, into the default pool, and always by address.
 */
export const createInvitation = defineRequest({
  subject: 'rpc.auth.invitation.create.v1',
  access: 'user',
  bots: ['administrators:invite'],
  input: z.strictObject({
    role: role.default('member'),
    email: z.email().max(254).optional(),
    poolIds: z.array(poolId).max(50).default([]),
    validSeconds: z.int().min(60).max(LIMITS.invitationSeconds).default(LIMITS.invitationSeconds),
  }),
  output: invitation.extend({ invitationToken: z.string() }),
  errors: {
    pool_not_found: 'not_found',
    /** Somebody has this address already. */
    email_taken: 'conflict',
    /** To a bot that names none. */
    email_required: 'invalid',
    too_many_invitations: 'conflict',
  },
});

/** Those that have not expired, used ones too; to a bot, those that it made itself. */
export const listInvitations = defineRequest({
  subject: 'rpc.auth.invitation.list.v1',
  access: 'user',
  bots: ['administrators:invite'],
  input: z.strictObject({}),
  output: z.object({ items: z.array(invitation) }),
  errors: {},
});

export const revokeInvitation = defineRequest({
  subject: 'rpc.auth.invitation.revoke.v1',
  access: 'user',
  bots: ['administrators:invite'],
  input: z.strictObject({ invitationId }),
  output: nothing,
  errors: { invitation_not_found: 'not_found' },
});

export const acceptInvitation = defineRequest({
  subject: 'rpc.auth.invitation.accept.v1',
  access: 'public',
  timeoutMs: PASSWORD_TIMEOUT_MS,
  input: z.strictObject({ invitationToken: z.string().max(512), ...person, device: newDevice }),
  output: tokens,
  errors: {
    invitation_refused: 'forbidden',
    /** It is for another address. */
    invitation_for_another: 'forbidden',
    email_taken: 'conflict',
    password_refused: 'invalid',
    login_overloaded: 'unavailable',
    device_id_reused: 'conflict',
    registration_not_allowed: 'forbidden',
    people_limit_reached: 'conflict',
  },
});
