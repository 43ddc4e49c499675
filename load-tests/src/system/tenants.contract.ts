import { pathParameters, ROUTES, type Route } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import { DeviceKey } from '@relais/sdk';
import { newDevice } from './organization.js';
import { codeOf, type Person } from './person.js';
import { eventually, type Running } from './system.js';

/** What acme has, and what of rival's is needed to ask for it. */
interface Place {
  conversationId: ConversationId;
  entryId: EntryId;
  other: { conversationId: ConversationId };
  poolId: never;
  invitationId: never;
  ownPoolId: never;
  victim: Person;
  mallory: Person;
}
type RouteName = keyof typeof ROUTES;
type Case =
  { refused: string; input(place: Place): object } | { accepted: true; why: string; input(place: Place): object };

const refused = (code: string, input: (place: Place) => object = () => ({})): Case => ({ refused: code, input });
const accepted = (why: string, input: (place: Place) => object = () => ({})): Case => ({ accepted: true, why, input });
const theirs = (more: (place: Place) => object = () => ({})) =>
  refused('conversation_not_found', (place) => ({ conversationId: place.conversationId, ...more(place) }));
const device = (place: Place) => ({
  ...newDevice('x', place.victim.session.tokens.deviceId),
  publicKey: DeviceKey.generate().publicKey,
});
const userId = ({ victim }: Place) => victim.id;
const { password } = { password: 'correct horse battery staple' };
const nobody = { email: 'nobody@rival.example', displayName: 'Nobody', password };

/** What every route answers to an owner of rival who gives ids, names and secrets of acme. */
const CASES: Record<RouteName, Case> = {
  bootstrap: refused('bootstrap_refused', (place) => ({
    ...{ bootstrapToken: 'x'.repeat(40), organization: { handle: 'acme', name: 'Acme' } },
    ...{ owner: nobody, device: device(place) },
  })),
  login: refused('login_failed', ({ victim, ...place }) => {
    const { email, password } = victim.account;
    return { organization: 'rival', email, password, device: device({ victim, ...place }) };
  }),
  refresh: refused('refresh_failed', () => ({ refreshToken: 'x'.repeat(43), proof: 'x' })),
  listSessions: accepted('lists one’s own'),
  logout: accepted('ends one’s own'),
  closeSession: refused('session_not_found', ({ victim }) => ({ sessionId: victim.session.tokens.sessionId })),
  changePassword: refused('wrong_password', ({ victim }) => ({
    currentPassword: victim.account.password,
    newPassword: 'correct horse battery staple',
  })),
  invite: refused('pool_not_found', ({ poolId }) => ({ poolIds: [poolId] })),
  listInvitations: accepted('lists one’s own'),
  revokeInvitation: refused('invitation_not_found', ({ invitationId }) => ({ invitationId })),
  acceptInvitation: refused('invitation_refused', (place) => ({
    invitationToken: place.invitationId,
    ...nobody,
    device: device(place),
  })),
  me: accepted('is oneself'),
  listDevices: accepted('lists one’s own'),
  removeDevice: refused('device_not_found', ({ victim }) => ({ deviceId: victim.session.tokens.deviceId })),
  listUsers: accepted('lists one’s own'),
  updateUser: refused('user_not_found', (place) => ({ userId: userId(place), role: 'owner' })),
  removeUser: refused('user_not_found', (place) => ({ userId: userId(place) })),
  listPools: accepted('lists one’s own'),
  createPool: accepted('makes one’s own of the same id', ({ poolId }) => ({ id: poolId, name: 'mine' })),
  renamePool: refused('pool_not_found', ({ poolId }) => ({ poolId, name: 'mine' })),
  addPoolUser: refused('user_not_found', (place) => ({ poolId: place.ownPoolId, userId: userId(place) })),
  removePoolUser: refused('pool_not_found', (place) => ({ poolId: place.poolId, userId: userId(place) })),
  createConversation: refused('user_not_found', (place) => ({
    ...{ id: newId<ConversationId>(), kind: 'group', memberIds: [userId(place)] },
  })),
  listConversations: accepted('lists one’s own'),
  readConversation: theirs(),
  updateConversation: theirs(() => ({ title: 'mine' })),
  closeConversation: theirs(),
  muteConversation: theirs(() => ({ until: null })),
  listMembers: theirs(),
  addMembers: theirs(({ mallory }) => ({ userIds: [mallory.id] })),
  removeMember: theirs((place) => ({ userId: userId(place) })),
  changeRole: theirs((place) => ({ userId: userId(place), role: 'reader' })),
  listEntries: theirs(),
  append: theirs(() => ({ id: newId<EntryId>(), kind: 'message', body: { text: 'intruder' } })),
  sync: accepted('says that it is gone', ({ conversationId }) => ({ heads: [[conversationId, 0]] })),
  marks: accepted('changes nothing', ({ conversationId }) => ({ marks: [{ conversationId, read: 1 }] })),
};

/** A pool of another organization is made before it is asked for, so these are asked first. */
const names = Object.keys(CASES).toSorted((a, b) => Number(a === 'createPool') - Number(b === 'createPool'));

export function tenantsContract(running: Running): void {
  let place: Place;
  let friend: Person;

  beforeAll(async () => {
    const { acme, rival } = running();
    const [victim, mate] = (await acme.people(2)) as [Person, Person];
    friend = mate;
    const conversationId = await victim.start('group', [friend]);
    const poolId = newId<never>();
    await acme.owner.call(ROUTES.createPool, { id: poolId, name: 'theirs' });
    const ownPools = await rival.owner.call(ROUTES.listPools, {});
    place = {
      ...{ conversationId, poolId, victim },
      other: { conversationId: await victim.start('group', [friend]) },
      entryId: (await victim.say(conversationId, 'confidential')).id,
      ownPoolId: ownPools.items[0]?.id as never,
      invitationId: (await acme.owner.call(ROUTES.invite, {})).id as never,
      mallory: await rival.anotherDevice(rival.owner),
    };
  }, 60_000);

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

  it.each(names)('%s gives an owner of another organization nothing', async (name) => {
    const one = CASES[name as RouteName];
    const route = ROUTES[name as RouteName] as unknown as Route;
    const { rival } = running();
    const mallory = name === 'logout' ? await rival.anotherDevice(rival.owner) : place.mallory;
    const input = one.input(place);

    const answer = mallory.callAt(0, route, input);

    if ('refused' in one) return expect(await codeOf(answer)).toBe(one.refused);
    const said = JSON.stringify(await answer);
    const given = JSON.stringify(input);
    for (const secret of secretsOfAcme()) if (!given.includes(secret)) expect(said).not.toContain(secret);
  });

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

    await mallory.call(ROUTES.createConversation, { id, kind: 'group', memberIds: [], title: 'mine' });
    await mallory.say(id, 'among us');

    expect(await victim.log(id)).toEqual(before);
    expect(JSON.stringify(await mallory.log(id))).not.toContain(victim.id);
    expect((await victim.call(ROUTES.readConversation, { conversationId: id })).title).toBe('group');
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
    const [spy, witness] = [await (await running().rival.join()).open(0), await friend.open(0)];
    const foreign = { id: newId(), kind: 'message', body: { text: 'intruder' } };

    const answers = [
      await spy.ask({ type: 'append', conversationId, entry: foreign }),
      await spy.ask({
        type: 'append',
        conversationId,
        entry: { ...foreign, kind: 'deletion', body: { target: entryId } },
      }),
      await spy.ask({ type: 'sync', heads: [[conversationId, 0]] }),
      await spy.ask({ type: 'token', token: victim.session.tokens.accessToken }),
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
