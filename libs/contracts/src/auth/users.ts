import { z } from 'zod';
import { defineEvent, defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import {
  eventId,
  label,
  nothing,
  organizationId,
  pageOf,
  pageRequest,
  poolId,
  text,
  timestamp,
  userId,
} from '../primitives.js';
import { device } from './device.js';
import { role } from './principal.js';
import { scope } from './scopes.js';

export const user = z.object({
  id: userId,
  displayName: z.string(),
  /** Said of bots only: they are shown as such. */
  isBot: z.literal(true).optional(),
  role,
  state: z.enum(['active', 'disabled']),
  poolIds: z.array(poolId),
  createdAt: timestamp,
});
export type User = z.infer<typeof user>;

export const readMe = defineRequest({
  subject: 'rpc.auth.user.read-me.v1',
  access: 'user',
  bots: scope.options,
  input: z.strictObject({}),
  output: user.extend({
    email: z.string(),
    /** What the directory, SCIM or a list says; numbers of one's own are contact points. */
    phone: z.string().optional(),
    organizationId,
    organizationHandle: z.string(),
    organizationName: z.string(),
  }),
  errors: {},
});

/**
 * People of the caller's organization: id and name only for members, the rest for administrators. With `search`, those whose
 * name has for each of its words one that begins with it, whatever the case and the accents; one of them needs two letters or digits.
 * Pages of a search may be short or empty: go on while there is a `next`.
 */
export const listUsers = defineRequest({
  subject: 'rpc.auth.user.list.v1',
  access: 'user',
  bots: ['people:read'],
  input: z.strictObject({ ...pageRequest, search: text(LIMITS.displayNameBytes).optional() }),
  output: pageOf(user.partial({ role: true, state: true, poolIds: true, createdAt: true })),
  errors: { search_too_short: 'invalid' },
});

/** Which of these are active people of the caller's organization; the others are left out. */
export const resolveUsers = defineRequest({
  subject: 'rpc.auth.user.resolve.v1',
  access: 'user',
  bots: ['conversations:write'],
  input: z.strictObject({ userIds: z.array(userId).max(LIMITS.membersPerChange + 1) }),
  output: z.object({ userIds: z.array(userId) }),
  errors: {},
});

/** Changes role, name or state. Disabling ends every session of the person at once; the last owner stays. */
export const updateUser = defineRequest({
  subject: 'rpc.auth.user.update.v1',
  access: 'user',
  input: z.strictObject({
    userId,
    displayName: label(LIMITS.displayNameBytes).optional(),
    role: role.optional(),
    state: z.enum(['active', 'disabled']).optional(),
  }),
  output: user,
  errors: {
    user_not_found: 'not_found',
    last_owner: 'conflict',
    /** Nobody is made active again while there are as many as there may be: see `setPeopleQuota`. */
    people_limit_reached: 'conflict',
  },
});

/** Takes a person out of the organization for good: sessions end, names are erased, conversations are left. */
export const removeUser = defineRequest({
  subject: 'rpc.auth.user.remove.v1',
  access: 'user',
  input: z.strictObject({ userId }),
  output: nothing,
  errors: { user_not_found: 'not_found', last_owner: 'conflict' },
});

export const listDevices = defineRequest({
  subject: 'rpc.auth.device.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(device) }),
  errors: {},
});

/** Puts one of the caller's devices out: its sessions end and its key is refused from now on. */
export const removeDevice = defineRequest({
  subject: 'rpc.auth.device.remove.v1',
  access: 'user',
  input: z.strictObject({ deviceId: device.shape.id }),
  output: nothing,
  errors: { device_not_found: 'not_found' },
});

export const userRemoved = defineEvent({
  subject: 'evt.auth.user.removed.v1',
  data: z.strictObject({ id: eventId, organizationId, userId }),
});

/** A device is not in use any more, for now or for good: it waits, was suspended, put out or is to be wiped. */
export const deviceLeft = defineEvent({
  subject: 'evt.auth.device.left.v1',
  data: z.strictObject({ id: eventId, organizationId, userId, deviceId: device.shape.id }),
});
