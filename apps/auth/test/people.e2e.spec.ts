import {
  acceptInvitation,
  addPoolUser,
  createInvitation,
  createPool,
  listDevices,
  listPools,
  listUsers,
  readMe,
  refreshSession,
  removeDevice,
  removePoolUser,
  removeUser,
  renamePool,
  resolveUsers,
  type Tokens,
  updateUser,
  userRemoved,
} from '@relais/contracts';
import { EventStream, type NatsBus } from '@relais/bus';
import { type DeviceId, newId, type PoolId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import pg from 'pg';
import { Housekeeping } from '../src/housekeeping.postgres.js';
import { aDevice, aPerson, refreshInput, type TestDevice } from './person.js';
import { aMember, anOrganization, codeOf, type Member, signIn, startWorld, type World } from './world.js';

describe('people, devices and pools', () => {
  let world: World;
  let bus: NatsBus;
  let owner: Member;
  let stranger: Member;

  beforeAll(async () => {
    world = await startWorld();
    bus = world.bus;
    owner = await anOrganization(world);
    stranger = await anOrganization(world);
  });

  afterAll(() => world.close());

  const as = ({ tokens }: Member) => ({ token: tokens.accessToken });
  const ask = (tokens: Tokens) => codeOf(bus.request(readMe, {}, { token: tokens.accessToken }));
  const refresh = async ({ tokens }: Member, on: TestDevice) =>
    bus.request(refreshSession, await refreshInput(tokens, on, world.clock.now()));

  describe('a person', () => {
    it('sees themselves', async () => {
      const member = await aMember(world, owner);

      const me = await bus.request(readMe, {}, as(member));

      expect(me).toMatchObject({
        id: member.tokens.userId,
        email: member.person.email,
        displayName: member.person.displayName,
        organizationHandle: owner.handle,
        organizationName: 'Fire brigade',
        role: 'member',
        state: 'active',
      });
      expect(me.poolIds).toHaveLength(1);
    });

    it('renames themselves, and nobody else, and gives themselves no role', async () => {
      const member = await aMember(world, owner);
      const { userId } = member.tokens;

      const renamed = await bus.request(updateUser, { userId, displayName: 'Zoë' }, as(member));

      expect(renamed.displayName).toBe('Zoë');
      expect(await codeOf(bus.request(updateUser, { userId, role: 'admin' }, as(member)))).toBe('forbidden');
      expect(await codeOf(bus.request(updateUser, { userId: owner.tokens.userId, displayName: 'x' }, as(member)))).toBe(
        'forbidden',
      );
    });

    it('is listed to members by name only, to administrators in full, in pages that miss nobody (A-62)', async () => {
      const member = await aMember(world, owner);
      const all: string[] = [];
      let cursor: string | undefined;
      do {
        const page: { items: { id: string }[]; next?: string | undefined } = await bus.request(
          listUsers,
          { limit: 2, ...(cursor ? { cursor } : {}) },
          as(owner),
        );
        all.push(...page.items.map(({ id }) => id));
        cursor = page.next;
      } while (cursor);

      const seen = await bus.request(listUsers, { limit: 200 }, as(member));

      expect(new Set(all).size).toBe(all.length);
      expect(all).toContain(member.tokens.userId);
      for (const item of seen.items) expect(Object.keys(item).toSorted()).toEqual(['displayName', 'id']);
      expect(await codeOf(bus.request(listUsers, { cursor: 'x' }, as(member)))).toBe('invalid_request');
    });

    it('is put out at once when disabled, and comes back when enabled', async () => {
      const member = await aMember(world, owner);
      const { userId } = member.tokens;

      await bus.request(updateUser, { userId, state: 'disabled' }, as(owner));

      expect(await ask(member.tokens)).toBe('token_revoked');
      expect(await codeOf(refresh(member, member.on))).toBe('refresh_failed');
      expect(await codeOf(signIn(world, member))).toBe('login_failed');
      expect((await bus.request(resolveUsers, { userIds: [userId, owner.tokens.userId] }, as(owner))).userIds).toEqual([
        owner.tokens.userId,
      ]);

      await bus.request(updateUser, { userId, state: 'active' }, as(owner));
      expect(await codeOf(signIn(world, member, member.on))).toBe('ok');
    });

    it('has no usable token after being disabled, whatever was under way at that moment', async () => {
      for (let round = 0; round < 5; round++) {
        const member = await aMember(world, owner);
        const tokens: Tokens[] = [];
        const keep = (request: Promise<Tokens>) =>
          request.then(
            (got) => tokens.push(got),
            () => undefined,
          );
        const logins = Array.from({ length: 6 }, () => keep(signIn(world, member).then((one) => one.tokens)));
        const refreshes = Array.from({ length: 6 }, () => keep(refresh(member, member.on)));
        await new Promise((resolve) => setTimeout(resolve, round * 25));

        await bus.request(updateUser, { userId: member.tokens.userId, state: 'disabled' }, as(owner));
        await Promise.all([...logins, ...refreshes]);

        const answers = await Promise.all([member.tokens, ...tokens].map(ask));
        expect(new Set(answers)).toEqual(new Set(['token_revoked']));
      }
    });
  });

  describe('roles', () => {
    it('reach nobody above, and hand on nothing above', async () => {
      const admin = await aMember(world, owner, 'admin');
      const member = await aMember(world, owner);
      const ownerId = owner.tokens.userId;

      expect(await codeOf(bus.request(updateUser, { userId: ownerId, state: 'disabled' }, as(admin)))).toBe(
        'forbidden',
      );
      expect(await codeOf(bus.request(removeUser, { userId: ownerId }, as(admin)))).toBe('forbidden');
      expect(await codeOf(bus.request(updateUser, { userId: member.tokens.userId, role: 'owner' }, as(admin)))).toBe(
        'forbidden',
      );
      expect(await codeOf(bus.request(updateUser, { userId: member.tokens.userId, role: 'admin' }, as(admin)))).toBe(
        'ok',
      );
    });

    it('count as they are now, not as an old token says', async () => {
      const admin = await aMember(world, owner, 'admin');
      const { invitationToken } = await bus.request(createInvitation, { role: 'admin' }, as(admin));

      await bus.request(updateUser, { userId: admin.tokens.userId, role: 'member' }, as(owner));

      expect(await codeOf(bus.request(createInvitation, {}, as(admin)))).toBe('forbidden');
      const accept = bus.request(acceptInvitation, { invitationToken, ...aPerson(), device: aDevice().device });
      expect(await codeOf(accept)).toBe('invitation_refused');
    });

    it('keep one owner, even when two put each other out at the same time', async () => {
      const second = await aMember(world, owner, 'owner');
      const demote = (who: Member, whom: Member) =>
        codeOf(bus.request(updateUser, { userId: whom.tokens.userId, role: 'member' }, as(who)));

      const codes = await Promise.all([demote(owner, second), demote(second, owner)]);

      expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
      const [winner, loser] = codes[0] === 'ok' ? [owner, second] : [second, owner];
      const { userId } = winner.tokens;
      expect(await codeOf(bus.request(updateUser, { userId, role: 'admin' }, as(winner)))).toBe('last_owner');
      expect(await codeOf(bus.request(updateUser, { userId, state: 'disabled' }, as(winner)))).toBe('last_owner');
      expect(await codeOf(bus.request(removeUser, { userId }, as(winner)))).toBe('last_owner');
      await bus.request(updateUser, { userId: loser.tokens.userId, role: 'owner' }, as(winner));
    });
  });

  describe('removing a person', () => {
    it('leaves nothing of them and tells the other services', async () => {
      const member = await aMember(world, owner);
      const { userId, organizationId } = member.tokens;

      await bus.request(removeUser, { userId }, as(owner));

      expect(await ask(member.tokens)).toBe('token_revoked');
      expect(await codeOf(signIn(world, member))).toBe('login_failed');
      const { items } = await bus.request(listUsers, { limit: 200 }, as(owner));
      expect(items.map(({ id }) => id)).not.toContain(userId);
      expect(await nextRemoved(userId)).toMatchObject({ organizationId, userId });
      expect(await codeOf(bus.request(removeUser, { userId }, as(owner)))).toBe('user_not_found');
    });

    it('lets the same address join again', async () => {
      const member = await aMember(world, owner);
      await bus.request(removeUser, { userId: member.tokens.userId }, as(owner));
      const { invitationToken } = await bus.request(createInvitation, {}, as(owner));

      const again = bus.request(acceptInvitation, { invitationToken, ...member.person, device: aDevice().device });

      expect(await codeOf(again)).toBe('ok');
    });

    async function nextRemoved(userId: string) {
      const events = new EventStream(world.connection, silentLog, { replicas: 1, retentionHours: 1 });
      await events.ensure();
      const manager = await events.management();
      for (let attempt = 0; attempt < 100; attempt++) {
        const message = await manager.streams
          .getMessage('EVENTS', { last_by_subj: userRemoved.subject })
          .catch(() => null);
        const event = message ? userRemoved.data.parse(message.json()) : null;
        if (event?.userId === userId) return event;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return null;
    }
  });

  describe('a device', () => {
    it('is refused for good when its owner puts it out', async () => {
      const member = await aMember(world, owner);
      const lost = await signIn(world, member, aDevice('lost phone'));

      await bus.request(removeDevice, { deviceId: lost.on.device.id }, as(member));

      expect(await ask(lost.tokens)).toBe('token_revoked');
      expect(await codeOf(refresh(lost, lost.on))).toBe('refresh_failed');
      expect(await codeOf(signIn(world, member, lost.on))).toBe('device_id_reused');
      expect(await ask(member.tokens)).toBe('ok');
      const { items } = await bus.request(listDevices, {}, as(member));
      expect(items.map(({ name, state }) => [name, state])).toEqual(
        expect.arrayContaining([
          ['lost phone', 'gone'],
          ["Alice's phone", 'active'],
        ]),
      );
    });

    it('puts out nobody else, whatever id its owner has chosen for it', async () => {
      const [victim, other] = [await aMember(world, owner), await aMember(world, owner)];
      const { userId, organizationId, sessionId } = victim.tokens;

      for (const id of [userId, organizationId, sessionId] as string[]) {
        const named = aDevice('named like somebody');
        const on = { ...named, device: { ...named.device, id: id as DeviceId } };
        await signIn(world, other, on);
        await bus.request(removeDevice, { deviceId: on.device.id }, as(other));
      }

      expect(await ask(victim.tokens)).toBe('ok');
      expect(await ask(other.tokens)).toBe('ok');
    });

    it('is not there for others, and not a second time', async () => {
      const [alice, bob] = [await aMember(world, owner), await aMember(world, owner)];
      const { id } = alice.on.device;

      expect(await codeOf(bus.request(removeDevice, { deviceId: id }, as(bob)))).toBe('device_not_found');
      expect(await codeOf(bus.request(removeDevice, { deviceId: id }, as(alice)))).toBe('ok');
    });
  });

  describe('a pool', () => {
    const aPool = async (name = 'Night shift') => bus.request(createPool, { id: newId<PoolId>(), name }, as(owner));

    it('is made once under its id', async () => {
      const pool = await aPool();

      const again = await bus.request(createPool, { id: pool.id, name: 'Night shift' }, as(owner));

      expect(again).toEqual({ ...pool, users: 0 });
      expect(await codeOf(bus.request(createPool, { id: pool.id, name: 'Other' }, as(owner)))).toBe('pool_id_reused');
      expect((await bus.request(renamePool, { poolId: pool.id, name: 'Other' }, as(owner))).name).toBe('Other');
      const { items } = await bus.request(listPools, {}, as(owner));
      expect(items.filter(({ isDefault }) => isDefault)).toHaveLength(1);
    });

    it('lets people in and out, but never out of their last one, even at the same time', async () => {
      const { userId } = (await aMember(world, owner)).tokens;
      const { items } = await bus.request(listPools, {}, as(owner));
      const first = items.find(({ isDefault }) => isDefault)?.id as PoolId;
      const second = (await aPool()).id;
      await bus.request(addPoolUser, { poolId: second, userId }, as(owner));
      await bus.request(addPoolUser, { poolId: second, userId }, as(owner));

      const codes = await Promise.all(
        [first, second].map((poolId) => codeOf(bus.request(removePoolUser, { poolId, userId }, as(owner)))),
      );

      expect(codes.toSorted()).toEqual(['last_pool', 'ok']);
    });

    it('receives whoever was invited into it', async () => {
      const pool = await aPool();
      const { invitationToken } = await bus.request(createInvitation, { poolIds: [pool.id] }, as(owner));
      const tokens = await bus.request(acceptInvitation, { invitationToken, ...aPerson(), device: aDevice().device });

      const me = await bus.request(readMe, {}, { token: tokens.accessToken });

      expect(me.poolIds).toEqual([pool.id]);
      expect(await codeOf(bus.request(createInvitation, { poolIds: [newId<PoolId>()] }, as(owner)))).toBe(
        'pool_not_found',
      );
    });

    it('is no business of members', async () => {
      const member = await aMember(world, owner);
      const pool = await aPool();
      const { userId } = member.tokens;

      const codes = await Promise.all([
        codeOf(bus.request(listPools, {}, as(member))),
        codeOf(bus.request(createPool, { id: newId<PoolId>(), name: 'x' }, as(member))),
        codeOf(bus.request(renamePool, { poolId: pool.id, name: 'x' }, as(member))),
        codeOf(bus.request(addPoolUser, { poolId: pool.id, userId }, as(member))),
        codeOf(bus.request(removePoolUser, { poolId: pool.id, userId }, as(member))),
      ]);

      expect(new Set(codes)).toEqual(new Set(['forbidden']));
    });
  });

  describe('another organization', () => {
    it('does not exist for its neighbours (A-45)', async () => {
      const member = await aMember(world, owner);
      const { userId } = member.tokens;
      const pool = await bus.request(createPool, { id: newId<PoolId>(), name: 'ours' }, as(owner));

      const codes = await Promise.all([
        codeOf(bus.request(updateUser, { userId, state: 'disabled' }, as(stranger))),
        codeOf(bus.request(removeUser, { userId }, as(stranger))),
        codeOf(bus.request(addPoolUser, { poolId: pool.id, userId: stranger.tokens.userId }, as(stranger))),
        codeOf(bus.request(renamePool, { poolId: pool.id, name: 'x' }, as(stranger))),
        codeOf(bus.request(createInvitation, { poolIds: [pool.id] }, as(stranger))),
      ]);
      const { items } = await bus.request(listUsers, { limit: 200 }, as(stranger));
      const resolved = await bus.request(resolveUsers, { userIds: [userId] }, as(stranger));

      expect(codes).toEqual(['user_not_found', 'user_not_found', 'pool_not_found', 'pool_not_found', 'pool_not_found']);
      expect(items.map(({ id }) => id)).toEqual([stranger.tokens.userId]);
      expect(resolved.userIds).toEqual([]);
      expect(await ask(member.tokens)).toBe('ok');
    });
  });

  it('stores no name, address, password or token that can be read', async () => {
    const person = { email: 'canary@example.org', displayName: 'Canary Bird', password: 'Kanarienvogel im Käfig 7' };
    const { invitationToken } = await bus.request(createInvitation, {}, as(owner));
    const device = aDevice('Canary phone').device;
    const tokens = await bus.request(acceptInvitation, { invitationToken, ...person, device });
    const secrets = [...Object.values(person), 'Canary phone', 'Fire brigade', ...invitationToken.split('.').slice(1)];
    secrets.push(...tokens.refreshToken.split('.').slice(1), tokens.accessToken);

    const stored = await dump(world.main.ownerUrl);

    expect(stored).toContain(tokens.userId);
    for (const secret of secrets) {
      expect(stored).not.toContain(secret);
      expect(stored).not.toContain(Buffer.from(secret).toString('hex'));
    }
  });

  it('housekeeping removes what has run out and nothing else', async () => {
    const member = await aMember(world, owner);

    await world.app.get(Housekeeping).run();

    expect(await ask(member.tokens)).toBe('ok');
    expect(await codeOf(refresh(member, member.on))).toBe('ok');
  });
});

/** Every row of every table as text, read past row-level security as nobody in production can. */
async function dump(ownerUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'`,
    );
    let text = '';
    for (const { name } of tables) {
      await client.query(`ALTER TABLE ${client.escapeIdentifier(name)} NO FORCE ROW LEVEL SECURITY`);
      const { rows } = await client.query(`SELECT t::text AS line FROM ${client.escapeIdentifier(name)} t`);
      text += rows.map(({ line }: { line: string }) => line).join('\n');
    }
    return text;
  } finally {
    await client.end();
  }
}
