import { permission } from '@relais/contracts';
import { newId, type PoolId } from '@relais/kernel';
import { covers, grantsOf, holds } from './grants.js';

const [north, south] = [newId<PoolId>(), newId<PoolId>()];

describe('grants', () => {
  it('of a base role hold everywhere', () => {
    for (const one of permission.options) {
      expect(holds(grantsOf('admin', []), one, 'everywhere')).toBe(true);
      expect(holds(grantsOf('admin', []), one, [])).toBe(true);
      expect(holds(grantsOf('member', []), one, [north])).toBe(false);
    }
  });

  it('for a pool hold for what is in that pool and in no other', () => {
    const grants = grantsOf('member', [{ permissions: ['manage_users'], poolId: north }]);

    expect(holds(grants, 'manage_users', [north])).toBe(true);
    expect(holds(grants, 'manage_users', [north, south])).toBe(false);
    expect(holds(grants, 'manage_users', [])).toBe(false);
    expect(holds(grants, 'manage_users', 'everywhere')).toBe(false);
    expect(holds(grants, 'invite', [north])).toBe(false);
  });

  it('for several pools hold for what is in any of them', () => {
    const grants = grantsOf('member', [
      { permissions: ['manage_users'], poolId: north },
      { permissions: ['manage_users'], poolId: south },
    ]);

    expect(holds(grants, 'manage_users', [north, south])).toBe(true);
    expect(holds(grants, 'manage_users', 'everywhere')).toBe(false);
  });

  it('given everywhere are not narrowed by a pool, in whichever order they come', () => {
    const everywhere = { permissions: ['invite'], poolId: null } as const;
    const inNorth = { permissions: ['invite'], poolId: north } as const;

    for (const given of [
      [everywhere, inNorth],
      [inNorth, everywhere],
    ])
      expect(holds(grantsOf('member', given), 'invite', 'everywhere')).toBe(true);
  });

  it('cover others that have no more, nowhere', () => {
    const wide = grantsOf('member', [{ permissions: ['invite', 'manage_users'], poolId: null }]);
    const narrow = grantsOf('member', [{ permissions: ['invite'], poolId: north }]);
    const elsewhere = grantsOf('member', [{ permissions: ['invite'], poolId: south }]);

    expect([covers(wide, narrow), covers(narrow, wide), covers(narrow, elsewhere)]).toEqual([true, false, false]);
    expect(covers(grantsOf('member', []), grantsOf('member', []))).toBe(true);
  });
});
