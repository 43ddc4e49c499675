import {
  acceptInvitation,
  addPoolUser,
  assignRole,
  createBot,
  createInvitation,
  createPool,
  deleteRole,
  listInvitations,
  listPools,
  listRoleAssignments,
  listRoles,
  listUsers,
  type Permission,
  putRole,
  readMyPermissions,
  refreshSession,
  removePoolUser,
  removeUser,
  renamePool,
  revokeInvitation,
  unassignRole,
  updateUser,
} from '@relais/contracts';
import type { NatsBus } from '@relais/bus';
import { newId, type PoolId, type RoleId, type UserId } from '@relais/kernel';
import { Database } from '../src/database/database.js';
import { rows } from '../src/database/sql.js';
import { Refusals } from '../src/facts/refusals.js';
import { aKey } from './bot.js';
import { stepUp } from './factors.js';
import { factsOf } from './facts.js';
import { aDevice, aPerson, refreshInput } from './person.js';
import { aMember, anOrganization, codeOf, type Member, startWorld, type World } from './world.js';

describe('custom roles', () => {
  let world: World;
  let bus: NatsBus;
  let owner: Member;
  let stranger: Member;
  let north: PoolId;
  let south: PoolId;

  beforeAll(async () => {
    world = await startWorld();
    bus = world.bus;
    owner = await anOrganization(world);
    stranger = await anOrganization(world);
    [north, south] = [await aPool('North'), await aPool('South')];
  });

  afterAll(() => world.close());

  const as = ({ tokens }: Member) => ({ token: tokens.accessToken });
  const idOf = ({ tokens }: Member): UserId => tokens.userId;

  async function aPool(name: string): Promise<PoolId> {
    const id = newId<PoolId>();
    await bus.request(createPool, { id, name }, as(owner));
    return id;
  }

  /** Somebody who is in these pools and in no other. */
  async function someoneIn(...poolIds: PoolId[]): Promise<Member> {
    const { invitationToken } = await bus.request(createInvitation, { poolIds }, as(owner));
    const [person, on] = [aPerson(), aDevice()];
    const tokens = await bus.request(acceptInvitation, { invitationToken, ...person, device: on.device });
    return { handle: owner.handle, person, tokens, on };
  }

  async function aRole(...permissions: Permission[]): Promise<RoleId> {
    const id = newId<RoleId>();
    await bus.request(putRole, { id, name: 'A role', permissions }, as(owner));
    return id;
  }

  const give = (by: Member, roleId: RoleId, to: Member, poolId?: PoolId) =>
    codeOf(bus.request(assignRole, { roleId, userId: idOf(to), ...(poolId ? { poolId } : {}) }, as(by)));
  const take = (by: Member, roleId: RoleId, from: Member, poolId?: PoolId) =>
    codeOf(bus.request(unassignRole, { roleId, userId: idOf(from), ...(poolId ? { poolId } : {}) }, as(by)));
  const disable = (by: Member, whom: Member) =>
    codeOf(bus.request(updateUser, { userId: idOf(whom), state: 'disabled' }, as(by)));

  it('allow what they name, everywhere, and nothing else, from the moment they are given until they are taken', async () => {
    const [helper, target] = [await aMember(world, owner), await aMember(world, owner)];
    const roleId = await aRole('manage_users');
    expect(await disable(helper, target)).toBe('forbidden');

    expect(await give(owner, roleId, helper)).toBe('ok');
    expect(await disable(helper, target)).toBe('ok');
    expect(await codeOf(bus.request(createInvitation, {}, as(helper)))).toBe('forbidden');

    expect(await take(owner, roleId, helper)).toBe('ok');
    expect(await disable(helper, target)).toBe('forbidden');
  });

  it('tell their people what they may do, and where', async () => {
    const helper = await aMember(world, owner);
    await give(owner, await aRole('invite'), helper);
    await give(owner, await aRole('see_details'), helper, north);
    await give(owner, await aRole('see_details'), helper, south);

    const mine = await bus.request(readMyPermissions, {}, as(helper));

    expect(mine.role).toBe('member');
    expect(mine.permissions).toEqual(
      expect.arrayContaining([
        { permission: 'invite' },
        { permission: 'see_details', poolIds: expect.arrayContaining([north, south]) as PoolId[] },
      ]),
    );
    expect(mine.permissions).toHaveLength(2);
    expect((await bus.request(readMyPermissions, {}, as(owner))).permissions.length).toBeGreaterThan(10);
  });

  describe('for a pool', () => {
    it('reach the people who are in that pool and in no other', async () => {
      const delegate = await aMember(world, owner);
      const [inside, outside, both] = [await someoneIn(north), await someoneIn(south), await someoneIn(north, south)];
      await give(owner, await aRole('manage_users'), delegate, north);

      const codes = await Promise.all([inside, outside, both].map((whom) => disable(delegate, whom)));

      expect(codes).toEqual(['ok', 'forbidden', 'forbidden']);
      expect(await codeOf(bus.request(removeUser, { userId: idOf(outside) }, as(delegate)))).toBe('forbidden');
      expect(await codeOf(bus.request(removeUser, { userId: newId<UserId>() }, as(delegate)))).toBe('forbidden');
      expect(await codeOf(bus.request(removeUser, { userId: idOf(inside) }, as(delegate)))).toBe('ok');
    });

    it('show those people in full, and the others by name', async () => {
      const delegate = await aMember(world, owner);
      const [inside, outside, gone] = [await someoneIn(north), await someoneIn(south), await someoneIn(north)];
      const goneElsewhere = await someoneIn(south);
      await give(owner, await aRole('see_details'), delegate, north);
      await disable(owner, gone);
      await disable(owner, goneElsewhere);

      const { items } = await bus.request(listUsers, { limit: 200 }, as(delegate));
      const seen = new Map(items.map((item) => [item.id, item]));

      expect(seen.get(idOf(inside))).toMatchObject({ state: 'active', poolIds: [north] });
      expect(seen.get(idOf(gone))).toMatchObject({ state: 'disabled' });
      expect(Object.keys(seen.get(idOf(outside)) ?? {}).toSorted()).toEqual(['displayName', 'id']);
      expect(seen.has(idOf(goneElsewhere))).toBe(false);
    });

    it('move people between delegated pools, never in from others or out to them', async () => {
      const delegate = await aMember(world, owner);
      const [mine, theirs] = [await someoneIn(north), await someoneIn(south)];
      const second = await aPool('Second');
      const roleId = await aRole('manage_pools');
      await give(owner, roleId, delegate, north);
      const move = (poolId: PoolId, whom: Member) =>
        codeOf(bus.request(addPoolUser, { poolId, userId: idOf(whom) }, as(delegate)));

      expect([await move(second, mine), await move(south, mine), await move(north, theirs)]).toEqual(
        Array.from({ length: 3 }, () => 'forbidden'),
      );
      await give(owner, roleId, delegate, second);
      expect(await move(second, mine)).toBe('ok');
      expect(await codeOf(bus.request(removePoolUser, { poolId: north, userId: idOf(mine) }, as(delegate)))).toBe('ok');
    });

    it('show and rename the delegated pools, and make none', async () => {
      const delegate = await aMember(world, owner);
      await give(owner, await aRole('manage_pools'), delegate, north);

      const { items } = await bus.request(listPools, {}, as(delegate));

      expect(items.map(({ id }) => id)).toEqual([north]);
      expect(await codeOf(bus.request(renamePool, { poolId: north, name: 'N' }, as(delegate)))).toBe('ok');
      expect(await codeOf(bus.request(renamePool, { poolId: south, name: 'S' }, as(delegate)))).toBe('forbidden');
      expect(await codeOf(bus.request(createPool, { id: newId<PoolId>(), name: 'x' }, as(delegate)))).toBe('forbidden');
    });

    it('invite into that pool, see and withdraw such invitations, and no others', async () => {
      const delegate = await aMember(world, owner);
      const roleId = await aRole('invite');
      await give(owner, roleId, delegate, north);
      const invite = (poolIds: PoolId[], by = delegate) => bus.request(createInvitation, { poolIds }, as(by));

      const { id, invitationToken } = await invite([north]);
      const foreign = await invite([south], owner);
      for (const poolIds of [[], [south], [north, south]]) expect(await codeOf(invite(poolIds))).toBe('forbidden');

      const listed = (await bus.request(listInvitations, {}, as(delegate))).items;
      expect(listed.map((one) => one.id)).toContain(id);
      for (const { poolIds } of listed) expect(poolIds).toEqual([north]);
      const withdraw = (invitationId: typeof id) =>
        codeOf(bus.request(revokeInvitation, { invitationId }, as(delegate)));
      expect(await withdraw(foreign.id)).toBe('forbidden');

      await take(owner, roleId, delegate, north);
      const accept = bus.request(acceptInvitation, { invitationToken, ...aPerson(), device: aDevice().device });
      expect(await codeOf(accept)).toBe('invitation_refused');
      await give(owner, roleId, delegate, north);
      expect(await withdraw(id)).toBe('ok');
    });
  });

  describe('are handed on', () => {
    it('by nobody who has less, in that scope', async () => {
      const [delegate, friend] = [await someoneIn(north), await someoneIn(north)];
      const lesser = await aRole('manage_roles', 'invite');
      const greater = await aRole('invite', 'wipe_devices');
      const invite = await aRole('invite');
      await give(owner, lesser, delegate, north);

      expect(await give(delegate, invite, friend, north)).toBe('ok');
      expect(await give(delegate, invite, friend)).toBe('forbidden');
      expect(await give(delegate, invite, friend, south)).toBe('forbidden');
      expect(await give(delegate, greater, friend, north)).toBe('forbidden');
      expect(await give(delegate, greater, delegate, north)).toBe('forbidden');
      expect(await give(delegate, invite, await someoneIn(south), north)).toBe('forbidden');
    });

    it('and made or widened by nobody who has less everywhere', async () => {
      const shaper = await aMember(world, owner);
      await give(owner, await aRole('manage_roles', 'invite'), shaper);
      const put = (id: RoleId, ...permissions: Permission[]) =>
        codeOf(bus.request(putRole, { id, name: 'Mine', permissions }, as(shaper)));
      const id = newId<RoleId>();

      expect(await put(id, 'invite')).toBe('ok');
      expect(await put(id, 'invite', 'manage_users')).toBe('forbidden');
      const foreign = await aRole('manage_users');
      // Taking away what one does not have is no better than giving it.
      expect(await put(foreign, 'invite')).toBe('forbidden');
      expect(await codeOf(bus.request(deleteRole, { roleId: foreign }, as(shaper)))).toBe('forbidden');
      expect(await codeOf(bus.request(deleteRole, { roleId: id }, as(shaper)))).toBe('ok');
    });

    it('to no bearer of a power over people who have more', async () => {
      const [helper, stronger] = [await aMember(world, owner), await aMember(world, owner)];
      await give(owner, await aRole('manage_users'), helper);
      await give(owner, await aRole('invite'), stronger);
      const admin = await aMember(world, owner, 'admin');

      expect(await disable(helper, stronger)).toBe('forbidden');
      expect(await disable(helper, admin)).toBe('forbidden');
      expect(await disable(helper, owner)).toBe('forbidden');
      expect(await codeOf(bus.request(updateUser, { userId: idOf(helper), role: 'admin' }, as(helper)))).toBe(
        'forbidden',
      );
    });

    it('with base roles no higher than one’s own', async () => {
      const helper = await aMember(world, owner);
      await give(owner, await aRole('manage_users', 'manage_roles', 'invite'), helper);
      const target = await aMember(world, owner);
      const raise = bus.request(updateUser, { userId: idOf(target), role: 'admin' }, as(helper));

      expect(await codeOf(raise)).toBe('forbidden');
      expect(await codeOf(bus.request(createInvitation, { role: 'admin' }, as(helper)))).toBe('forbidden');
    });
  });

  it('go with their role, from all who have it', async () => {
    const [helper, target] = [await aMember(world, owner), await aMember(world, owner)];
    const roleId = await aRole('manage_users');
    await give(owner, roleId, helper);
    const has = async () => (await bus.request(listRoleAssignments, { roleId }, as(owner))).items;
    expect(await has()).toEqual([{ roleId, userId: idOf(helper) }]);

    await bus.request(deleteRole, { roleId }, as(owner));

    expect(await disable(helper, target)).toBe('forbidden');
    expect(await codeOf(has())).toBe('role_not_found');
    expect((await bus.request(listRoles, {}, as(owner))).items.map(({ id }) => id)).not.toContain(roleId);
  });

  it('may be made, given and taken again without effect', async () => {
    const helper = await aMember(world, owner);
    const roleId = await aRole('invite');
    await bus.request(putRole, { id: roleId, name: 'A role', permissions: ['invite'] }, as(owner));

    expect([await give(owner, roleId, helper), await give(owner, roleId, helper)]).toEqual(['ok', 'ok']);
    expect([await take(owner, roleId, helper), await take(owner, roleId, helper)]).toEqual(['ok', 'ok']);
    const about = (await factsOf(world, 'role.assigned')).filter(({ after }) => after?.['roleId'] === roleId);
    expect(about).toHaveLength(1);
  });

  it('are no business of members, nor of another organization (A-45)', async () => {
    const member = await aMember(world, owner);
    const roleId = await aRole('invite');

    expect(await codeOf(bus.request(listRoles, {}, as(member)))).toBe('forbidden');
    expect(await give(member, roleId, member)).toBe('forbidden');
    expect(await give(stranger, roleId, stranger)).toBe('role_not_found');
    expect((await bus.request(listRoles, {}, as(stranger))).items).toEqual([]);
    const own = newId<RoleId>();
    await bus.request(putRole, { id: own, name: 'Theirs', permissions: ['invite'] }, as(stranger));
    expect(await codeOf(bus.request(assignRole, { roleId: own, userId: idOf(member) }, as(stranger)))).toBe(
      'user_not_found',
    );
    const mine = await bus
      .request(assignRole, { roleId: own, userId: idOf(stranger), poolId: north }, as(stranger))
      .catch((error: { code: string }) => error.code);
    expect(mine).toBe('pool_not_found');
  });

  it('leave facts of what was done and of what was refused, of the latter one a minute (A-68)', async () => {
    const [helper, target] = [await aMember(world, owner), await someoneIn(north)];
    const roleId = await aRole('manage_users');
    await bus.request(putRole, { id: roleId, name: 'x', permissions: ['manage_users', 'invite'] }, as(owner));
    await give(owner, roleId, helper, south);
    for (let times = 0; times < 5; times++) await disable(helper, target);
    await world.app.get(Refusals).settled();

    const [changed] = (await factsOf(world, 'role.changed')).filter(({ object }) => object.id === roleId);
    expect(changed).toMatchObject({
      actor: { kind: 'user', id: idOf(owner) },
      outcome: 'done',
      before: { permissions: ['manage_users'] },
      after: { permissions: ['manage_users', 'invite'] },
    });
    const assigned = (await factsOf(world, 'role.assigned')).find(({ object }) => object.id === idOf(helper));
    expect(assigned).toMatchObject({ after: { roleId, poolId: south } });
    const denied = (await factsOf(world, 'permission.denied')).filter(({ actor }) => actor.id === idOf(helper));
    expect(denied).toMatchObject([
      {
        object: { kind: 'request', id: updateUser.subject },
        outcome: 'refused',
        after: { code: 'forbidden', reason: 'needs the permission manage_users' },
      },
    ]);
  });

  it('keep their names unreadable in the database', async () => {
    const id = newId<RoleId>();
    await bus.request(putRole, { id, name: 'Nachtschicht', permissions: ['invite'] }, as(owner));

    const found = await world.app
      .get(Database)
      .within(owner.tokens.organizationId, (tx) =>
        rows<{ text: string }>(
          tx,
          `SELECT encode(r.name_sealed, 'escape') AS text FROM custom_role r WHERE r.id = $1`,
          [id],
        ),
      );
    expect(found).toHaveLength(1);
    expect(found[0]?.text).not.toContain('Nachtschicht');
    const { items } = await bus.request(listRoles, {}, as(owner));
    expect(items.find((role) => role.id === id)?.name).toBe('Nachtschicht');
  });

  // The last one: time goes on, and the tokens of everybody end.
  it('are made and given by who showed lately who they are (A-41)', async () => {
    const helper = await aMember(world, owner);
    const roleId = await aRole('invite');
    world.clock.advance(301_000);
    const proof = await refreshInput(owner.tokens, owner.on, world.clock.now());
    const aged: Member = { ...owner, tokens: await bus.request(refreshSession, proof) };
    const bot = { displayName: 'x', scopes: [], publicKey: aKey().publicKey };

    expect(await give(aged, roleId, helper)).toBe('step_up_required');
    expect(await codeOf(bus.request(putRole, { id: roleId, name: 'x', permissions: ['invite'] }, as(aged)))).toBe(
      'step_up_required',
    );
    expect(await codeOf(bus.request(createBot, bot, as(aged)))).toBe('step_up_required');
    expect((await bus.request(readMyPermissions, {}, as(aged))).isFresh).toBe(false);
    const fresh = await stepUp(world, aged);
    expect(await give(fresh, roleId, helper)).toBe('ok');
    expect((await bus.request(readMyPermissions, {}, as(fresh))).isFresh).toBe(true);
  });
});
