import { type Permission, permission, type Role } from '@relais/contracts';

/** Who may do what by their base role; custom roles come on top (grants.ts). What is not here is allowed to nobody. */
const GRANTED: Readonly<Record<Role, readonly Permission[]>> = {
  owner: permission.options,
  admin: permission.options,
  member: [],
};

const RANK: Readonly<Record<Role, number>> = { member: 1, admin: 2, owner: 3 };

export const permissionsOf = (role: Role): readonly Permission[] => GRANTED[role];

/** What the base role alone allows; `actorWith` knows the rest. */
export const has = (role: Role, wanted: Permission): boolean => GRANTED[role].includes(wanted);

/** Nobody hands on, or takes away, more than they have: whether `role` may deal with `other`. */
export const reaches = (role: Role, other: Role): boolean => RANK[role] >= RANK[other];
