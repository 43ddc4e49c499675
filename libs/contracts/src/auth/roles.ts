import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { label, nothing, poolId, roleId, timestamp, userId } from '../primitives.js';
import { permission } from './permissions.js';
import { role } from './principal.js';

/** Custom roles of an organization, and custom roles of one person. */
export const ROLE_LIMITS = { roles: 200, assignmentsPerUser: 100 } as const;

const permissions = z
  .array(permission)
  .min(1)
  .max(permission.options.length)
  .refine((list) => new Set(list).size === list.length, 'each permission once');

/** A set of permissions under a name. People have it beside their base role, everywhere or for one pool. */
export const customRole = z.object({
  id: roleId,
  name: z.string(),
  permissions: z.array(permission),
  /** How many times it is given. */
  assignments: z.int(),
  createdAt: timestamp,
});
export type CustomRole = z.infer<typeof customRole>;

/** Custom roles, the oldest first. For those who give roles, also for one pool only. */
export const listRoles = defineRequest({
  subject: 'rpc.auth.role.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(customRole) }),
  errors: {},
});

/**
 * Makes or changes a role under the caller's id; may be repeated. Needs, everywhere, each permission the role has and will
 * have: nobody hands on, or takes away, more than they have.
 */
export const putRole = defineRequest({
  subject: 'rpc.auth.role.put.v1',
  access: 'user',
  input: z.strictObject({ id: roleId, name: label(LIMITS.titleBytes), permissions }),
  output: customRole,
  errors: { too_many_roles: 'conflict' },
});

/** Deletes a role and takes it from all who have it. */
export const deleteRole = defineRequest({
  subject: 'rpc.auth.role.delete.v1',
  access: 'user',
  input: z.strictObject({ roleId }),
  output: nothing,
  errors: { role_not_found: 'not_found' },
});

export const roleAssignment = z.object({ roleId, userId, poolId: poolId.optional() });
export type RoleAssignment = z.infer<typeof roleAssignment>;

/** Who has a role, and for which pool; at most 1,000. A delegate sees those of their pools. */
export const listRoleAssignments = defineRequest({
  subject: 'rpc.auth.role.list-assignments.v1',
  access: 'user',
  input: z.strictObject({ roleId }),
  output: z.object({ items: z.array(roleAssignment) }),
  errors: { role_not_found: 'not_found' },
});

/**
 * Gives a role to a person: for a pool, its permissions count only for people, devices and invitations that are in no other
 * pool; without a pool, everywhere. Needs `manage_roles` and each permission of the role in that scope. May be repeated.
 */
export const assignRole = defineRequest({
  subject: 'rpc.auth.role.assign.v1',
  access: 'user',
  input: z.strictObject({ roleId, userId, poolId: poolId.optional() }),
  output: nothing,
  errors: {
    role_not_found: 'not_found',
    user_not_found: 'not_found',
    pool_not_found: 'not_found',
    too_many_roles: 'conflict',
  },
});

/** Takes a role from a person, in that scope alone. Needs what giving it needs. */
export const unassignRole = defineRequest({
  subject: 'rpc.auth.role.unassign.v1',
  access: 'user',
  input: z.strictObject({ roleId, userId, poolId: poolId.optional() }),
  output: nothing,
  errors: { role_not_found: 'not_found', user_not_found: 'not_found' },
});

/** What the caller may do beyond using the messenger: everywhere, or in these pools. */
export const readMyPermissions = defineRequest({
  subject: 'rpc.auth.permission.read-mine.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({
    role,
    permissions: z.array(z.object({ permission, poolIds: z.array(poolId).optional() })),
    /** Whether the caller showed who they are as lately as their policy asks before something sensitive: see `beginStepUp`. */
    isFresh: z.boolean().default(false),
  }),
  errors: {},
});
