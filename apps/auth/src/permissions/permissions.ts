import type { Role } from '@relais/contracts';

export type Permission = 'invite' | 'see_details' | 'manage_users' | 'manage_pools' | 'manage_roles';

/** Who may do what. What is not here is allowed to nobody. */
const GRANTED: Readonly<Record<Role, readonly Permission[]>> = {
  owner: ['invite', 'see_details', 'manage_users', 'manage_pools', 'manage_roles'],
  admin: ['invite', 'see_details', 'manage_users', 'manage_pools', 'manage_roles'],
  member: [],
};

const RANK: Readonly<Record<Role, number>> = { member: 1, admin: 2, owner: 3 };

export const has = (role: Role, permission: Permission): boolean => GRANTED[role].includes(permission);

/** Nobody hands on, or takes away, more than they have: whether `role` may deal with `other`. */
export const reaches = (role: Role, other: Role): boolean => RANK[role] >= RANK[other];
