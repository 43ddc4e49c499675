import {
  acceptInvitation,
  addPoolUser,
  type ActionName,
  assignRole,
  cancelWipe,
  changePassword,
  createInvitation,
  createPool,
  type Fact,
  fetchWipeOrder,
  listFactors,
  openSession,
  orderWipe,
  putRole,
  refreshSession,
  removeFactor,
  removePoolUser,
  setContactPolicy,
  unassignRole,
  updateUser,
} from '@relais/contracts';
import { newId, type PoolId, type RoleId } from '@relais/kernel';
import { signDeviceStatement } from '@relais/security';
import { Refusals } from '../src/facts/refusals.js';
import { addTotp, as, codeNow, demand, finish, stepUp, unfinished } from './factors.js';
import { factsOf } from './facts.js';
import { aDevice, aPerson, refreshInput } from './person.js';
import { aMember, anOrganization, codeOf, type Member, signIn, startWorld, type World } from './world.js';

// What the table of permissions cannot bring about with one call of an owner: see permission-rows.ts.
describe('facts (A-68)', () => {
  let world: World;
  let owner: Member;

  beforeAll(async () => {
    world = await startWorld();
    owner = await anOrganization(world);
  });

  afterAll(() => world.close());

  /** The facts of an action that somebody did, or that were done to them. */
  async function about(id: string, action: ActionName): Promise<Fact[]> {
    await world.app.get(Refusals).settled();
    return (await factsOf(world, action)).filter(({ actor, object }) => actor.id === id || object.id === id);
  }

  it('say who made an organization and how its owner came in', async () => {
    const { organizationId, userId, deviceId } = owner.tokens;

    expect(await about(organizationId, 'organization.made')).toMatchObject([
      { actor: { kind: 'user', id: userId }, organizationId, outcome: 'done', after: { ownerId: userId } },
    ]);
    expect(await about(deviceId, 'session.opened')).toMatchObject([{ after: { method: 'bootstrap', amr: ['pwd'] } }]);
  });

  it('say who was invited by whom, and what to', async () => {
    const asked = { role: 'admin' } as const;
    const { id, invitationToken } = await world.bus.request(createInvitation, asked, as(owner));
    const device = aDevice().device;
    const { userId } = await world.bus.request(acceptInvitation, { invitationToken, ...aPerson(), device });

    expect(await about(id, 'invitation.made')).toMatchObject([{ actor: { id: owner.tokens.userId }, after: asked }]);
    expect(await about(id, 'invitation.accepted')).toMatchObject([
      { actor: { id: userId }, onBehalfOf: { id: owner.tokens.userId }, after: asked },
    ]);
    expect(await about(device.id, 'session.opened')).toMatchObject([{ after: { method: 'invitation' } }]);
  });

  it('say who signed in and who tried, and of a flood of tries one a minute', async () => {
    const member = await aMember(world, owner);
    const { email } = member.person;
    const login = (address: string) =>
      codeOf(
        world.bus.request(openSession, {
          ...{ organization: owner.handle, email: address, password: 'wrong', device: member.on.device },
        }),
      );
    for (let times = 0; times < 3; times++) {
      await login(email);
      await login('nobody@example.org');
    }
    await signIn(world, member, member.on);

    const opened = await about(member.tokens.userId, 'session.opened');
    expect(opened.map(({ outcome, after }) => [outcome, after?.['method'], after?.['reason']])).toEqual(
      expect.arrayContaining([
        ['done', 'invitation', undefined],
        ['refused', 'password', 'credentials'],
        ['done', 'password', undefined],
      ]),
    );
    expect(opened).toHaveLength(3);
    expect(await about('unknown', 'session.opened')).toHaveLength(1);
    world.clock.advance(60_000);
    await login(email);
    expect(await about(member.tokens.userId, 'session.opened')).toHaveLength(4);
  });

  it('say that a password was exchanged, or was to be by somebody who does not know it', async () => {
    const member = await aMember(world, owner);
    const newPassword = 'sieben Segel ueber dem Haff von Stettin';
    const change = (currentPassword: string) =>
      codeOf(world.bus.request(changePassword, { currentPassword, newPassword }, as(member)));

    expect([await change('wrong'), await change(member.person.password)]).toEqual(['wrong_password', 'ok']);

    const outcomes = (await about(member.tokens.userId, 'password.changed')).map(({ outcome }) => outcome);
    expect(outcomes.toSorted()).toEqual(['done', 'refused']);
  });

  it('say that a refresh token came twice (A-49)', async () => {
    const member = await aMember(world, owner);
    const first = await refreshInput(member.tokens, member.on, world.clock.now());
    await world.bus.request(refreshSession, first);
    world.clock.advance(31_000);
    const again = await refreshInput(member.tokens, member.on, world.clock.now());
    expect(await codeOf(world.bus.request(refreshSession, again))).toBe('refresh_failed');

    expect(await about(member.tokens.userId, 'refresh-token.reused')).toMatchObject([
      { outcome: 'refused', object: { kind: 'device', id: member.tokens.deviceId } },
    ]);
  });

  it('say what was there before and after: state, role, pools and roles of a person', async () => {
    owner = await signIn(world, owner);
    const member = await aMember(world, owner);
    const { userId } = member.tokens;
    const [poolId, roleId] = [newId<PoolId>(), newId<RoleId>()];
    await world.bus.request(createPool, { id: poolId, name: 'P' }, as(owner));
    await world.bus.request(putRole, { id: roleId, name: 'R', permissions: ['invite'] }, as(owner));
    await world.bus.request(addPoolUser, { poolId, userId }, as(owner));
    await world.bus.request(removePoolUser, { poolId, userId }, as(owner));
    await world.bus.request(assignRole, { roleId, userId, poolId }, as(owner));
    await world.bus.request(unassignRole, { roleId, userId, poolId }, as(owner));
    await world.bus.request(updateUser, { userId, role: 'admin' }, as(owner));
    await world.bus.request(updateUser, { userId, state: 'disabled' }, as(owner));
    await world.bus.request(updateUser, { userId, state: 'active' }, as(owner));

    const [removed] = await about(userId, 'pool.user-removed');
    expect(removed?.before?.['poolIds']).toEqual(expect.arrayContaining([poolId]) as string[]);
    expect(removed?.after?.['poolIds']).not.toEqual(expect.arrayContaining([poolId]) as string[]);
    expect(await about(userId, 'role.unassigned')).toMatchObject([{ before: { roleId, poolId } }]);
    expect(await about(userId, 'user.changed')).toMatchObject([
      { before: { role: 'member' }, after: { role: 'admin' } },
    ]);
    expect(await about(userId, 'user.disabled')).toMatchObject([
      { before: { state: 'active' }, after: { state: 'disabled' } },
    ]);
    expect(await about(userId, 'user.enabled')).toMatchObject([
      { before: { state: 'disabled' }, after: { state: 'active' } },
    ]);
  });

  it('say which factor was added and taken away, and that one was shown', async () => {
    const member = await anOrganization(world);
    const secret = await addTotp(world, member);
    world.clock.advance(30_000);
    const strong = await stepUp(world, member, { kind: 'totp', code: await codeNow(world, secret) });
    await demand(world, strong, { required: 'second_factor', requiredOfAdministrators: 'second_factor' });
    const { userId } = member.tokens;
    world.clock.advance(30_000);
    const { loginToken } = await unfinished(signIn(world, member, member.on));
    const tokens = await finish(world, loginToken, { kind: 'totp', code: await codeNow(world, secret) });
    const [factor] = (await world.bus.request(listFactors, {}, { token: tokens.accessToken })).items;
    const factorId = factor?.id as NonNullable<typeof factor>['id'];
    await world.bus.request(removeFactor, { userId, factorId }, { token: tokens.accessToken });

    expect(await about(userId, 'factor.added')).toMatchObject([{ object: { id: factorId } }]);
    expect(await about(userId, 'factor.removed')).toMatchObject([{ object: { id: factorId } }]);
    expect((await about(userId, 'session.opened')).at(-1)?.after?.['amr']).toEqual(
      expect.arrayContaining(['otp']) as string[],
    );
  });

  it('say that a wipe was ordered, fetched or taken back', async () => {
    owner = await signIn(world, owner);
    const [member, other] = [await aMember(world, owner), await aMember(world, owner)];
    for (const { tokens } of [member, other])
      await world.bus.request(orderWipe, { userId: tokens.userId, deviceId: tokens.deviceId }, as(owner));
    const { organizationId, deviceId } = member.tokens;
    const now = world.clock.now();
    const proof = await signDeviceStatement(member.on.privateKey, 'relais-wipe-fetch+jwt', { dev: deviceId }, now);
    await world.bus.request(fetchWipeOrder, { organizationId, deviceId, proof });
    const back = { userId: other.tokens.userId, deviceId: other.tokens.deviceId };
    await world.bus.request(cancelWipe, back, as(owner));

    expect(await about(deviceId, 'wipe.ordered')).toHaveLength(1);
    expect(await about(deviceId, 'wipe.delivered')).toHaveLength(1);
    expect(await about(other.tokens.deviceId, 'wipe.cancelled')).toHaveLength(1);
    expect((await about(deviceId, 'device.state-changed')).at(-1)?.after?.['state']).toBe('wipe_pending');
  });

  it('say who may meet whom from now on', async () => {
    await world.bus.request(setContactPolicy, { mode: 'pools' }, as(owner));

    expect(await about(owner.tokens.organizationId, 'contact-policy.changed')).toMatchObject([
      { before: { mode: 'open' }, after: { mode: 'pools' } },
    ]);
  });

  it('hold ids and states only: no name, no address, no secret', async () => {
    const member = await aMember(world, owner);
    await world.bus.request(updateUser, { userId: member.tokens.userId, displayName: 'Zoë Ångström' }, as(member));

    const all: { data: Fact }[] = await world.db.query(`SELECT o.data FROM outbox o`);
    const text = JSON.stringify(all);
    expect(all.length).toBeGreaterThan(20);
    for (const secret of [member.person.email, member.person.displayName, 'Zoë', '@example.org', 'Fire brigade'])
      expect(text).not.toContain(secret);
    expect(text).not.toContain(member.tokens.refreshToken);
  });
});
