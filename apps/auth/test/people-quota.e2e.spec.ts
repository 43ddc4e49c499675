import { hash, randomBytes } from 'node:crypto';
import {
  acceptInvitation,
  createEnrolment,
  createInvitation,
  enrolDevice,
  importPeople,
  readPeopleQuota,
  setPeopleQuota,
  updateBot,
  updateUser,
} from '@relais/contracts';
import { newId, type OrganizationId, type UserId } from '@relais/kernel';
import { signDeviceStatement } from '@relais/security';
import { Database } from '../src/database/database.js';
import { Refusals } from '../src/facts/refusals.js';
import { insertUser, type NewUser } from '../src/users/user-rows.postgres.js';
import { aBot, tokenFor } from './bot.js';
import { as } from './factors.js';
import { factsOf } from './facts.js';
import { aDevice, aPerson } from './person.js';
import { ScimTester } from './scim.js';
import { aMember, anOrganization, codeOf, finalCodeOf, type Member, startWorld, type World } from './world.js';

const FULL = 'people_limit_reached';

describe('the quota of people', () => {
  let world: World;
  let owner: Member;

  beforeAll(async () => {
    world = await startWorld({ organizations: 20 });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    owner = await anOrganization(world);
  });

  const limit = (maxPeople: number | null) => world.bus.request(setPeopleQuota, { maxPeople }, as(owner));
  const read = () => world.bus.request(readPeopleQuota, {}, as(owner));
  const setState = (member: Member, state: 'active' | 'disabled') =>
    world.bus.request(updateUser, { userId: member.tokens.userId, state }, as(owner));
  async function redeemer(): Promise<() => Promise<unknown>> {
    const { invitationToken } = await world.bus.request(createInvitation, {}, as(owner));
    const command = { invitationToken, ...aPerson(), device: aDevice().device };
    return () => world.bus.request(acceptInvitation, command);
  }

  it('is none at first, is said by who may, and tells how many there are', async () => {
    await aMember(world, owner);
    expect(await read()).toEqual({ maxPeople: null, people: 2 });

    expect(await limit(7)).toMatchObject({ maxPeople: 7, people: 2, updatedBy: owner.tokens.userId });
    await limit(7);
    expect(await limit(null)).toEqual({ maxPeople: null, people: 2 });
    const said = (await factsOf(world, 'people-quota.changed')).filter(({ actor }) => actor.id === owner.tokens.userId);
    expect(said.map(({ before, after }) => [before, after])).toEqual([
      [{ maxPeople: null }, { maxPeople: 7 }],
      [{ maxPeople: 7 }, { maxPeople: null }],
    ]);
  });

  it('lets in as many as there is room for, of many who redeem invitations at once', async () => {
    const others = await Promise.all(Array.from({ length: 8 }, redeemer));
    await limit(4);

    const codes = await Promise.all(others.map((redeem) => finalCodeOf(redeem)));

    expect(codes.toSorted()).toEqual([...Array<string>(3).fill('ok'), ...Array<string>(5).fill(FULL)]);
    expect(await read()).toMatchObject({ maxPeople: 4, people: 4 });
  });

  it('lets whoever comes wait for who is coming in already, and counts them', async () => {
    await limit(2);
    const db = world.app.get(Database);
    const { organizationId } = owner.tokens;
    const isIn = Promise.withResolvers<void>();
    const mayCommit = Promise.withResolvers<void>();
    const first = db.within(organizationId, async (tx) => {
      await insertUser(tx, somebody(organizationId));
      isIn.resolve();
      await mayCommit.promise;
    });
    await isIn.promise;
    const second = codeOf(db.within(organizationId, (tx) => insertUser(tx, somebody(organizationId))));
    await Promise.race([second, somebodyWaits()]);
    mayCommit.resolve();

    expect([await codeOf(first), await second]).toEqual(['ok', FULL]);
    expect(await read()).toMatchObject({ people: 2 });
  });

  /** Until a transaction waits for the lock of another one. */
  async function somebodyWaits(): Promise<void> {
    for (;;) {
      const waiting = await world.db.query<unknown[]>(
        `SELECT FROM pg_stat_activity a WHERE a.datname = current_database() AND a.wait_event_type = 'Lock'`,
      );
      if (waiting.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('keeps the invitation for when there is room, and writes the refusal down', async () => {
    await limit(1);
    const redeem = await redeemer();

    expect(await codeOf(redeem())).toBe(FULL);
    await world.app.get(Refusals).settled();
    const refusals = await factsOf(world, 'registration.refused');
    expect(refusals.at(-1)).toMatchObject({ outcome: 'refused', organizationId: owner.tokens.organizationId });
    await limit(2);
    expect(await codeOf(redeem())).toBe('ok');
  });

  it('puts nobody out, and lets nobody in or back who would be one more', async () => {
    const [gone, there] = [await aMember(world, owner), await aMember(world, owner)];
    await setState(gone, 'disabled');
    await limit(1);

    expect(await read()).toMatchObject({ maxPeople: 1, people: 2 });
    expect(await codeOf(setState(gone, 'active'))).toBe(FULL);
    // Whoever is active takes no more room by being so.
    expect(await codeOf(setState(there, 'active'))).toBe('ok');
    await setState(there, 'disabled');
    expect(await codeOf(setState(gone, 'active'))).toBe(FULL);
    await limit(2);
    expect(await codeOf(setState(gone, 'active'))).toBe('ok');
  });

  it('lets back as many as there is room for, of many who are let back at once', async () => {
    const members = [await aMember(world, owner), await aMember(world, owner), await aMember(world, owner)];
    for (const one of members) await setState(one, 'disabled');
    await limit(2);

    const codes = await Promise.all(members.map((one) => codeOf(setState(one, 'active'))));

    expect(codes.toSorted()).toEqual(['ok', FULL, FULL].toSorted());
  });

  it('holds for imports, line by line, also for those that only look', async () => {
    await limit(2);
    const csv = 'email,name\na@brigade.example,A\nb@brigade.example,B';
    const run = async (dryRun: boolean) => {
      const { lines } = await world.bus.request(importPeople, { csv, dryRun }, as(owner));
      return lines.map(({ outcome, problem }) => problem ?? outcome);
    };

    expect(await run(false)).toEqual(['made', FULL]);
    expect(await run(true)).toEqual(['exists', FULL]);
    expect(await read()).toMatchObject({ people: 2 });
  });

  it('is added up by an import that only looks: it refuses as many as could not come in, over all of its parts', async () => {
    await limit(121);
    const people = Array.from({ length: 150 }, (_, at) => `p${at}@brigade.example,P ${at}`);
    const csv = ['email,name', `${owner.person.email},Here`, 'nonsense,Nobody', ...people].join('\n');
    const run = (dryRun: boolean) => world.bus.request(importPeople, { csv, dryRun }, as(owner));

    const looked = await run(true);
    expect(looked).toMatchObject({ made: 120, existing: 1, refused: 31 });
    expect(looked.lines.slice(-30).map(({ problem }) => problem)).toEqual(Array<string>(30).fill(FULL));
    expect(await read()).toMatchObject({ people: 1 });

    const { made, existing, refused } = await run(false);
    expect({ made, existing, refused }).toEqual({ made: 120, existing: 1, refused: 31 });
  });

  it('holds for SCIM, which may keep people who are not active', async () => {
    const scim = await ScimTester.of(world, owner);
    await limit(2);
    const ada = await scim.user('ada@brigade.example');
    const active = (value: boolean) => scim.patch(`/Users/${ada.body.id}`, { op: 'replace', path: 'active', value });

    expect(ada.status).toBe(201);
    expect(await scim.user('ben@brigade.example')).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('as many people') },
    });
    expect((await scim.user('cora@brigade.example', { active: false })).status).toBe(201);
    expect((await active(false)).status).toBe(200);
    await aMember(world, owner);
    expect((await active(true)).status).toBe(409);
    await limit(3);
    expect((await active(true)).status).toBe(200);
  });

  it('holds for enrolments of somebody new', async () => {
    const asked = { for: { kind: 'newcomer' }, serverUrl: 'https://relais.example' } as const;
    const { enrolmentToken } = await world.bus.request(createEnrolment, asked, as(owner));
    const on = aDevice();
    const enrol = async () => {
      const enrolment = hash('sha256', enrolmentToken, 'base64url');
      const said = { dev: on.device.id, enrolment };
      const proof = await signDeviceStatement(on.privateKey, 'relais-enrol+jwt', said, world.clock.now());
      return world.bus.request(enrolDevice, { enrolmentToken, device: on.device, proof, person: aPerson() });
    };
    await limit(1);

    expect(await codeOf(enrol())).toBe(FULL);
    await limit(2);
    expect(await codeOf(enrol())).toBe('ok');
  });

  it('is no concern of bots, and of other organizations', async () => {
    await limit(1);
    const { bot } = await aBot(world, owner);
    const other = await anOrganization(world);

    const set = (state: 'active' | 'disabled') => world.bus.request(updateBot, { botId: bot.id, state }, as(owner));

    expect(await codeOf(aMember(world, other))).toBe('ok');
    await set('disabled');
    expect(await codeOf(set('active'))).toBe('ok');
    expect(await read()).toMatchObject({ maxPeople: 1, people: 1 });
  });

  it('is said by a bot that has the scope for it, and by no other one', async () => {
    const { bot, key } = await aBot(world, owner, ['people-quota:write']);
    const { bot: plain, key: plainKey } = await aBot(world, owner, ['people:read']);
    const set = async (by: typeof bot, its: typeof key) =>
      world.bus.request(setPeopleQuota, { maxPeople: 9 }, { token: (await tokenFor(world, by, its)).accessToken });

    expect(await set(bot, key)).toMatchObject({ maxPeople: 9, people: 1, updatedBy: bot.id });
    expect((await factsOf(world, 'people-quota.changed')).at(-1)?.actor).toEqual({ kind: 'user', id: bot.id });
    expect(await codeOf(set(plain, plainKey))).toBe('scope_missing');
  });
});

const somebody = (organizationId: OrganizationId): NewUser => ({
  ...{ organizationId, id: newId<UserId>(), role: 'member', poolIds: [], passwordHash: 'none', now: new Date() },
  ...{ emailIndex: randomBytes(32), emailSealed: randomBytes(32), name: { sealed: randomBytes(32), beginnings: [] } },
});
