import { role } from '@relais/contracts';
import { has, type Permission, reaches } from './permissions.js';

describe('permissions', () => {
  it('leave members without any power over others', () => {
    const all: Permission[] = ['invite', 'see_details', 'manage_users', 'manage_pools', 'manage_roles'];

    expect(all.filter((permission) => has('member', permission))).toEqual([]);
    expect(all.every((permission) => has('owner', permission))).toBe(true);
  });

  it('reach from each role down to itself, never up', () => {
    const reached = role.options.map((one) => role.options.filter((other) => reaches(one, other)));

    expect(reached).toEqual([['owner', 'admin', 'member'], ['admin', 'member'], ['member']]);
  });
});
