import { permission, role } from '@relais/contracts';
import { has, reaches } from './permissions.js';

describe('permissions', () => {
  it('leave members without any power over others', () => {
    const all = permission.options;

    expect(all.filter((one) => has('member', one))).toEqual([]);
    expect(all.every((one) => has('owner', one))).toBe(true);
  });

  it('reach from each role down to itself, never up', () => {
    const reached = role.options.map((one) => role.options.filter((other) => reaches(one, other)));

    expect(reached).toEqual([['owner', 'admin', 'member'], ['admin', 'member'], ['member']]);
  });
});
