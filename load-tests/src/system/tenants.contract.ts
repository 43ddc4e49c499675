import { pathParameters, ROUTES, type Route } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import { ApiError, DeviceKey } from '@relais/sdk';
import { helloOf } from './credentials.js';
import { newDevice } from './organization.js';
import { OwnIds } from './own-ids.js';
import { codeOf, type Person } from './person.js';
import { CASES, type Place, type RouteName, UNFIT } from './tenant-cases.js';
import { eventually, type Running } from './system.js';
import { pick, seeded } from '../world/random.js';

/** As many as P-18 asks for: 40 to 50 s on two cores. */
const FUZZED_REQUESTS = 10_000;
const AT_ONCE = 32;

export function tenantsContract(running: Running): void {
  let place: Place;
  let friend: Person;
  let stateBefore: unknown;

  beforeAll(async () => {
    const { acme, rival } = running();
    const [victim, mate] = (await acme.people(2)) as [Person, Person];
    friend = mate;
    const conversationId = await victim.start('group', [friend]);
    const poolId = newId<never>();
    const otherPoolId = newId<never>();
    for (const id of [poolId, otherPoolId]) await acme.owner.call(ROUTES.createPool, { id, name: 'theirs' });
    const ownPools = await rival.owner.call(ROUTES.listPools, {});
    place = {
      ...{ conversationId, poolId, otherPoolId, victim },
      other: { conversationId: await victim.start('group', [friend]) },
      entryId: (await victim.say(conversationId, 'confidential')).id,
      ownPoolId: ownPools.items[0]?.id as never,
      invitationId: (await acme.owner.call(ROUTES.invite, {})).id as never,
      alarmId: await raiseOneOf(acme.owner, victim),
      mallory: await rival.anotherDevice(rival.owner),
    };
    stateBefore = await stateOfAcme();
  }, 60_000);

  async function raiseOneOf(owner: Person, victim: Person): Promise<never> {
    const alarmId = newId<never>();
    const audience = { userIds: [victim.id] };
    await owner.call(ROUTES.raiseAlarm, { alarmId, severity: 'alarm', title: 'confidential', audience });
    return alarmId;
  }

  /** All that acme's people see of their organization. */
  async function stateOfAcme(): Promise<unknown> {
    const { owner } = running().acme;
    const { conversationId, other, victim } = place;
    const of = async (id: ConversationId) => [
      await victim.call(ROUTES.readConversation, { conversationId: id }),
      await victim.call(ROUTES.listMembers, { conversationId: id }),
      await victim.log(id),
    ];
    return [
      await owner.call(ROUTES.listAlarms, { state: 'all' }),
      await owner.call(ROUTES.listUsers, { limit: 200 }),
      await owner.call(ROUTES.listPools, {}),
      await owner.call(ROUTES.listInvitations, {}),
      await victim.call(ROUTES.listDevices, {}),
      (await victim.call(ROUTES.listSessions, {})).items.map(({ id }) => id),
      await of(conversationId),
      await of(other.conversationId),
    ];
  }

  const secretsOfAcme = () => {
    const { victim, conversationId, entryId, poolId } = place;
    const { userId: user, organizationId, sessionId, deviceId } = victim.session.tokens;
    return [user, organizationId, sessionId, deviceId, conversationId, entryId, poolId, friend.id, 'confidential'];
  };

  it('has a case for every route', () => {
    expect(Object.keys(CASES).toSorted()).toEqual(Object.keys(ROUTES).toSorted());
    const takesId = (route: Route) => pathParameters(route.path).length > 0;
    for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][])
      if (takesId(route)) expect([name, Object.keys(CASES[name].input(place)).length > 0]).toEqual([name, true]);
  });

  const cases = Object.entries(CASES).map(([name, { says }]) => [name, says] as const);

  it.each(cases)('%s gives an owner of another organization nothing: %s', async (name) => {
    const one = CASES[name as RouteName];
    const route = ROUTES[name as RouteName] as unknown as Route;
    const { rival } = running();
    const mallory = name === 'logout' ? await rival.anotherDevice(rival.owner) : place.mallory;
    const input = one.input(place);

    const answer = mallory.callAt(0, route, input);

    if (one.refused) return expect(await codeOf(answer)).toBe(one.refused);
    const said = JSON.stringify(await answer);
    const given = JSON.stringify(input);
    for (const secret of secretsOfAcme()) if (!given.includes(secret)) expect(said).not.toContain(secret);
  });

  it('none of that has changed anything there', async () => {
    expect(await stateOfAcme()).toEqual(stateBefore);
  });

  it('whatever ids are mixed in thousands of requests, no answer tells of the other organization, and nothing changes there (A-45)', async () => {
    const random = seeded(18);
    const { rival } = running();
    const { mallory } = place;
    const strangers = [await rival.join(), mallory];
    const fuzzed = Object.entries(ROUTES as unknown as Record<string, Route>).filter(([name]) => !UNFIT.has(name));

    // Of these nobody there has heard, so that no answer may have them, whatever was asked before.
    const { deviceId, sessionId } = friend.session.tokens;
    const emails = [friend, place.victim, running().acme.owner].map(({ account }) => account.email);
    const unheardOf = ['confidential', running().acme.owner.id, friend.id, deviceId, sessionId, ...emails];
    const heardOf = secretsOfAcme().filter((secret) => !unheardOf.includes(secret));
    const ids = [...heardOf, mallory.id, place.ownPoolId, newId()];
    const own = new OwnIds();
    let round = 0;
    const once = async (): Promise<void> => {
      const [name, route] = pick(random, fuzzed);
      const usual = CASES[name as RouteName].input(place) as Record<string, unknown>;
      const names = pathParameters(route.path);
      const given = Object.fromEntries(names.map((key) => [key, pick(random, ids)]));
      const input = { ...usual, ...given };
      const stranger = pick(random, strangers);
      const gateway = round++;

      const inside = heardOf.filter((secret) => JSON.stringify(input).includes(secret));
      const ask = () => stranger.callAt(gateway, route, input);
      const asked = route.method === 'GET' ? ask() : own.take(inside, ask);
      const said = JSON.stringify(await asked.catch((thrown: unknown) => ApiError.from(thrown).code));

      for (const secret of unheardOf) expect([name, said]).toEqual([name, expect.not.stringContaining(secret)]);
      for (const secret of heardOf)
        if (!inside.includes(secret) && !own.has(secret))
          expect([name, said]).toEqual([name, expect.not.stringContaining(secret)]);
      expect([name, said]).toEqual([name, expect.not.stringContaining('internal_error')]);
    };
    const some = async (): Promise<void> => {
      while (round < FUZZED_REQUESTS) await once();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, some));

    expect(await stateOfAcme()).toEqual(stateBefore);
  }, 300_000);

  it('people, entries and pools of another organization cannot be drawn into one’s own', async () => {
    const { mallory, victim, conversationId, entryId, poolId } = place;
    const own = await mallory.start('group', []);
    const append = (entry: object) =>
      codeOf(mallory.call(ROUTES.append, { conversationId: own, id: newId<EntryId>(), ...entry } as never));

    expect(await codeOf(mallory.call(ROUTES.addMembers, { conversationId: own, userIds: [victim.id] }))).toBe(
      'user_not_found',
    );
    expect(await append({ kind: 'edit', body: { target: entryId, text: 'x' } })).toBe('target_not_found');
    expect(await append({ kind: 'deletion', body: { target: entryId } })).toBe('target_not_found');
    expect(await append({ kind: 'reaction', body: { target: entryId, emoji: 'x' } })).toBe('target_not_found');
    expect(await codeOf(mallory.call(ROUTES.addPoolUser, { poolId, userId: victim.id }))).not.toBe('ok');
    // Who is not a member can be written about, and is not told.
    expect(await append({ kind: 'message', body: { text: 'x', mentions: [victim.id] } })).toBe('ok');
    expect((await victim.call(ROUTES.listConversations, {})).items.map(({ my }) => my.mentions)).toEqual([0, 0]);
    expect((await victim.log(conversationId)).map(({ kind }) => kind)).toEqual(['membership', 'message']);
  });

  it('an id that another organization uses is free in one’s own, and means something else', async () => {
    const { mallory, victim, other } = place;
    const { conversationId: id } = other;
    const before = await victim.log(id);
    const [hers, his] = [await victim.open(0), await mallory.open(0)];

    await mallory.call(ROUTES.createConversation, { id, kind: 'group', memberIds: [], title: 'mine' });
    const body = { text: 'among us' };
    const { id: said, replayed } = await mallory.call(ROUTES.append, {
      ...{ conversationId: id, id: place.entryId, kind: 'message', body },
    });
    expect(replayed).toBe(false);
    await his.until((frame) => frame.type === 'entry' && frame.entry.id === said);
    his.send({ type: 'typing', conversationId: id });
    expect(await victim.log(id)).toEqual(before);
    const { id: answer } = await victim.say(id, 'among ourselves');

    await hers.until((frame) => frame.type === 'entry' && frame.entry.id === answer);
    expect(hers.entries(id).map((entry) => entry.id)).toEqual([answer]);
    expect(hers.frames.filter(({ type }) => type === 'typing')).toEqual([]);
    expect(his.entries(id).map((entry) => entry.kind)).toEqual(['membership', 'message']);
    expect(JSON.stringify([his.frames, await mallory.log(id)])).not.toContain(victim.id);
    expect((await victim.call(ROUTES.readConversation, { conversationId: id })).title).toBe('group');
    await Promise.all([hers.close(), his.close()]);
  });

  it('nobody signs in under the handle of another organization', async () => {
    const { acme, rival } = running();
    const device = { ...newDevice(), publicKey: DeviceKey.generate().publicKey };
    const login = (organization: string, { account: { email, password: secret } }: Person) =>
      codeOf(acme.api().call(ROUTES.login, { organization, email, password: secret, device }));

    expect(await login('rival', place.victim)).toBe('login_failed');
    expect(await login('acme', rival.owner)).toBe('login_failed');
    expect(await login('nowhere', place.victim)).toBe('login_failed');
  });

  it('a device that is called like another organization’s, like a person or like the organization puts nobody out', async () => {
    const { rival } = running();
    const { victim, conversationId } = place;
    const { deviceId, userId: user, sessionId, organizationId } = victim.session.tokens;
    const socket = await victim.open(1);

    for (const id of [deviceId, user, sessionId, organizationId] as (typeof deviceId)[]) {
      const mallory = await rival.anotherDevice(rival.owner, newDevice('impostor', id));
      await mallory.call(ROUTES.removeDevice, { deviceId: id });
    }

    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(socket.closing).toBeUndefined();
    for (const gateway of [0, 1])
      expect(await codeOf(victim.callAt(gateway, ROUTES.readConversation, { conversationId }))).toBe('ok');
    await socket.close();
  });

  it('sockets of one organization hear no byte of another, whatever they ask for', async () => {
    const { victim, conversationId, entryId } = place;
    const spyGateway = victim.gateway(0);
    const [spy, witness] = [await (await running().rival.join()).open(0), await friend.open(0)];
    const foreign = { id: newId(), kind: 'message', body: { text: 'intruder' } };
    const stolen = helloOf(victim.session, spyGateway);

    const answers = [
      await spy.ask({ type: 'append', conversationId, entry: foreign }),
      await spy.ask({
        type: 'append',
        conversationId,
        entry: { ...foreign, kind: 'deletion', body: { target: entryId } },
      }),
      await spy.ask({ type: 'sync', heads: [[conversationId, 0]] }),
      await spy.ask({ ...stolen, type: 'token' }),
    ];
    spy.send({ type: 'mark', marks: [{ conversationId, read: 2, delivered: 2 }] });
    spy.send({ type: 'typing', conversationId });
    const { seq } = await victim.say(conversationId, 'confidential, again');
    await witness.until((frame) => frame.type === 'entry' && frame.entry.seq === seq);
    await spy.ask({ type: 'sync', heads: [] });

    expect(answers.slice(0, 2)).toMatchObject([
      { type: 'refusal', error: { code: 'conversation_not_found' } },
      { type: 'refusal', error: { code: 'conversation_not_found' } },
    ]);
    expect(answers[2]).toMatchObject({ type: 'answer', data: { gone: [conversationId] } });
    expect(answers[3]).toMatchObject({ type: 'refusal' });
    const heard = JSON.stringify(spy.frames.filter((frame) => frame !== answers[2]));
    for (const secret of secretsOfAcme()) expect(heard).not.toContain(secret);
    const told = witness.frames.filter(({ type }) => type === 'typing' || type === 'receipt');
    expect(told).toEqual([]);
    await eventually(async () => (await friend.log(conversationId)).length === 3);
    await Promise.all([spy.close(), witness.close()]);
  });
}
