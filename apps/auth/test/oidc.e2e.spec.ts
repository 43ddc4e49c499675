import {
  addPoolUser,
  assignRole,
  beginOidcLogin,
  beginPasskeyLogin,
  createPool,
  deleteIdentityProvider,
  finishOidcLogin,
  listIdentityProviders,
  listLoginMethods,
  listUsers,
  putIdentityProvider,
  putRegistrationEntry,
  putRole,
  readMyPermissions,
  testIdentityProvider,
  type Tokens,
  updateUser,
  type User,
  setPeopleQuota,
} from '@relais/contracts';
import { newId, type PoolId, type RoleId } from '@relais/kernel';
import { decodeJwt } from 'jose';
import { Refusals } from '../src/facts/refusals.js';
import { addPasskey, addTotp, as, codeNow, demand, finish, stepUp, unfinished } from './factors.js';
import { factsOf } from './facts.js';
import { HostileProvider, type Forgery } from './oidc-hostile-provider.js';
import { Browser, OidcProviderProcess, REDIRECT_URI } from './oidc-provider-process.js';
import { aDevice } from './person.js';
import { unfindable } from './unfindable.js';
import { aMember, anOrganization, codeOf, type Member, signIn, startWorld, type World } from './world.js';

const PEOPLE = {
  ada: { email: 'ada@brigade.example', email_verified: true, name: 'Ada Able', groups: ['crew', 'chiefs', 'dispatch'] },
  ben: { email: 'ben@brigade.example', email_verified: true, name: 'Ben Baker', groups: ['crew'] },
  eve: { email: 'eve@brigade.example', email_verified: false, name: 'Eve', groups: [] },
};
const CLIENT_SECRET = 'a secret of the client';

describe('signing in with an identity provider', () => {
  let world: World;
  let provider: OidcProviderProcess;
  let owner: Member;
  let pool: PoolId;
  let role: RoleId;
  let providerId: string;

  beforeAll(async () => {
    world = await startWorld({ organizations: 60 });
    provider = await OidcProviderProcess.start(PEOPLE);
  });
  afterAll(async () => {
    await provider.kill();
    await world.close();
  });
  beforeEach(async () => {
    await provider.say({ people: PEOPLE, shown: { amr: ['pwd'] } });
    owner = await anOrganization(world);
    pool = newId<PoolId>();
    role = newId<RoleId>();
    providerId = newId();
    await world.bus.request(createPool, { id: pool, name: 'Crew' }, as(owner));
    await world.bus.request(putRole, { id: role, name: 'Dispatch', permissions: ['invite'] }, as(owner));
    await put();
  });

  const settings = (more: object = {}) => ({
    ...{ name: 'Brigade', issuer: provider.issuer, clientId: 'relais', clientSecret: CLIENT_SECRET },
    ...{ redirectUris: [REDIRECT_URI], mayCreatePeople: true },
    groups: {
      mappings: [
        { group: 'crew', poolId: pool },
        { group: 'chiefs', role: 'admin' as const },
        { group: 'dispatch', roleId: role },
      ],
    },
    ...more,
  });
  const put = (more: object = {}, id = providerId, by = owner) =>
    world.bus.request(putIdentityProvider, { providerId: id as never, settings: settings(more) }, as(by));
  const begin = (more: object = {}) =>
    world.bus.request(beginOidcLogin, {
      ...{ organization: owner.handle, providerId: providerId as never, redirectUri: REDIRECT_URI },
      ...{ device: aDevice().device, ...more },
    });
  const end = (loginToken: string, callbackUrl: string) =>
    world.bus.request(finishOidcLogin, { loginToken, callbackUrl });
  const login = async (who: string, more: object = {}, browser = new Browser()): Promise<Tokens> => {
    const { loginToken, authorizationUrl } = await begin(more);
    return end(loginToken, await browser.signIn(authorizationUrl, who));
  };
  const people = async () => (await world.bus.request(listUsers, { limit: 200 }, as(owner))).items as User[];
  const person = async ({ userId }: Tokens) => (await people()).find(({ id }) => id === userId) as User;
  const permissions = async (tokens: Tokens) => {
    const mine = await world.bus.request(readMyPermissions, {}, { token: tokens.accessToken });
    return mine.permissions.map(({ permission }) => permission);
  };
  const groups = (...names: string[]) => provider.say({ people: { ...PEOPLE, ada: { ...PEOPLE.ada, groups: names } } });
  const reasonsOfRefusals = async () => {
    const facts = [...(await factsOf(world, 'session.opened')), ...(await factsOf(world, 'registration.refused'))];
    return facts.filter(({ object, outcome }) => object.id === providerId && outcome === 'refused').map((f) => f.after);
  };

  describe('the first time', () => {
    it('makes the person, in the pools and roles of their groups, and it is them the next time', async () => {
      const first = await login('ada');

      const ada = await person(first);
      expect(ada).toMatchObject({ displayName: 'Ada Able', role: 'admin', poolIds: [pool] });
      expect((await login('ada')).userId).toBe(first.userId);
      expect(await people()).toHaveLength(2);
      expect(await unfindable(world, owner)).toEqual([]);
      expect((await factsOf(world, 'user.provisioned')).filter(({ object }) => object.id === ada.id)).toHaveLength(1);
      const [opened] = (await factsOf(world, 'session.opened')).filter(({ actor }) => actor.id === ada.id);
      expect(opened).toMatchObject({ after: { method: 'oidc', amr: ['fed'] } });
      expect((await world.bus.request(listIdentityProviders, {}, as(owner))).items[0]?.people).toBe(1);
    });

    it('makes one person of many who come at once', async () => {
      const begun = await Promise.all(Array.from({ length: 4 }, () => begin()));
      const callbacks = await Promise.all(
        begun.map(({ authorizationUrl }) => new Browser().signIn(authorizationUrl, 'ben')),
      );

      const all = await Promise.all(begun.map(({ loginToken }, at) => end(loginToken, callbacks[at] as string)));

      expect(new Set(all.map(({ userId }) => userId)).size).toBe(1);
      expect(await people()).toHaveLength(2);
    });

    it('is refused where nobody may be made, with the answer a wrong callback gets', async () => {
      await put({ mayCreatePeople: false });
      const refusal = await login('ada').catch((error: unknown) => error);
      const { loginToken } = await begin();
      const wrong = await end(loginToken, `${REDIRECT_URI}?code=x&state=y`).catch((error: unknown) => error);

      expect(refusal).toEqual(wrong);
      expect(refusal).toMatchObject({ code: 'login_failed' });
      expect(await people()).toHaveLength(1);
    });

    it('is refused to who is not on the list of those who may register, and says so in the facts alone', async () => {
      const entry = { kind: 'domain', value: 'elsewhere.example' } as const;
      await world.bus.request(putRegistrationEntry, { id: newId(), entry }, as(owner));

      expect(await codeOf(login('ada'))).toBe('login_failed');
      expect(await people()).toHaveLength(1);
      await settled();
      expect(await reasonsOfRefusals()).toEqual([{ method: 'oidc', reason: 'may_not_register' }]);
    });

    it('is refused where there are as many people as there may be, and says so in the facts alone', async () => {
      await world.bus.request(setPeopleQuota, { maxPeople: 1 }, as(owner));

      expect(await codeOf(login('ada'))).toBe('login_failed');
      expect(await people()).toHaveLength(1);
      await settled();
      expect(await reasonsOfRefusals()).toEqual([{ method: 'oidc', reason: 'people_limit_reached' }]);
    });

    it('neither makes nor connects anybody by an address that nobody verified', async () => {
      await put({ linksByEmail: true });
      expect(await codeOf(login('eve'))).toBe('login_failed');

      const eve = { ...PEOPLE.eve, email: owner.person.email };
      await provider.say({ people: { ...PEOPLE, eve } });
      expect(await codeOf(login('eve'))).toBe('login_failed');
      expect(await people()).toHaveLength(1);
    });
  });

  describe('somebody who is here already', () => {
    let member: Member;
    const mallory = (email: string) =>
      provider.say({ people: { ...PEOPLE, mallory: { ...PEOPLE.ben, email }, second: { ...PEOPLE.ben, email } } });

    beforeEach(async () => {
      member = await aMember(world, owner);
      await mallory(member.person.email);
    });

    it('is connected by a verified address only where the organization wants that', async () => {
      expect(await codeOf(login('mallory'))).toBe('login_failed');

      await put({ linksByEmail: true });
      expect((await login('mallory')).userId).toBe(member.tokens.userId);
      const linked = (await factsOf(world, 'identity.linked')).map(({ object }) => object.id);
      expect(linked).toContain(member.tokens.userId);
    });

    it('is one subject there: an address that was handed on to another brings nothing with it (A-36)', async () => {
      await put({ linksByEmail: true });
      await login('mallory');

      expect(await codeOf(login('second'))).toBe('login_failed');
    });

    it('is never somebody above who connected the provider', async () => {
      const admin = await aMember(world, owner, 'admin');
      await put({ linksByEmail: true }, providerId, admin);
      await mallory(owner.person.email);
      expect(await codeOf(login('mallory'))).toBe('login_failed');

      await put({ linksByEmail: true });
      expect((await login('mallory')).userId).toBe(owner.tokens.userId);
    });

    it('keeps out who was disabled, whatever the provider says', async () => {
      const { userId } = await login('ben');
      await world.bus.request(updateUser, { userId, state: 'disabled' }, as(owner));

      expect(await codeOf(login('ben'))).toBe('login_failed');
    });
  });

  describe('groups', () => {
    it('take back what they gave when the person is out of them, and nothing that was given by hand', async () => {
      const other = newId<PoolId>();
      await world.bus.request(createPool, { id: other, name: 'Night' }, as(owner));
      const tokens = await login('ada');
      expect(await permissions(tokens)).toContain('manage_roles');
      await world.bus.request(addPoolUser, { poolId: other, userId: tokens.userId }, as(owner));

      await groups('dispatch');
      const again = await login('ada');
      expect(await person(again)).toMatchObject({ role: 'member', poolIds: [other] });
      expect(await permissions(again)).toEqual(['invite']);

      await groups();
      expect(await permissions(await login('ada'))).toEqual([]);
      const facts = (await factsOf(world, 'user.changed')).filter(({ object }) => object.id === tokens.userId);
      expect(facts.at(-1)).toMatchObject({ before: { roleIds: [role] }, after: { roleIds: [] } });
    });

    it('leave alone a pool and a role that the person had before', async () => {
      await groups();
      const { userId } = await login('ada');
      await world.bus.request(addPoolUser, { poolId: pool, userId }, as(owner));
      await world.bus.request(assignRole, { roleId: role, userId }, as(owner));

      await groups('crew', 'dispatch');
      await login('ada');
      await groups();
      const tokens = await login('ada');

      expect((await person(tokens)).poolIds).toContain(pool);
      expect(await permissions(tokens)).toEqual(['invite']);
    });

    it('of two providers are both enough', async () => {
      await put({ linksByEmail: true });
      const { userId } = await login('ada');
      const second = newId();
      await put({ linksByEmail: true }, second);
      expect((await login('ada', { providerId: second })).userId).toBe(userId);

      await groups();
      const first = await login('ada');
      expect((await person(first)).poolIds).toEqual([pool]);
      await login('ada', { providerId: second });
      expect((await person(first)).poolIds).not.toContain(pool);
    });

    it('leave nobody without a pool', async () => {
      await groups();
      const tokens = await login('ada');
      const [home] = (await person({ ...tokens, userId: owner.tokens.userId })).poolIds;

      expect((await person(tokens)).poolIds).toEqual([home]);
    });
  });

  describe('a callback', () => {
    it('works once', async () => {
      const { loginToken, authorizationUrl } = await begin();
      const callback = await new Browser().signIn(authorizationUrl, 'ben');
      await end(loginToken, callback);

      expect(await codeOf(end(loginToken, callback))).toBe('login_failed');
      expect(await codeOf(end((await begin()).loginToken, callback))).toBe('login_failed');
    });

    it('works once for many who have it at the same time (A-07)', async () => {
      const { loginToken, authorizationUrl } = await begin();
      const callback = await new Browser().signIn(authorizationUrl, 'ben');

      const codes = await Promise.all(Array.from({ length: 8 }, () => codeOf(end(loginToken, callback))));

      expect(codes.sort()).toEqual([...Array<string>(7).fill('login_failed'), 'ok']);
    });

    it('with another state is not the answer to this login', async () => {
      const { loginToken, authorizationUrl } = await begin();
      const callback = new URL(await new Browser().signIn(authorizationUrl, 'ben'));
      callback.searchParams.set('state', 'x'.repeat(43));

      expect(await codeOf(end(loginToken, callback.href))).toBe('login_failed');
    });

    it('of another person’s login does not sign them in on my device', async () => {
      const [mine, theirs] = [await begin(), await begin()];
      const callback = new URL(await new Browser().signIn(theirs.authorizationUrl, 'ben'));
      const state = new URL(mine.authorizationUrl).searchParams.get('state') as string;
      callback.searchParams.set('state', state);

      // Their code needs their verifier (PKCE) and comes with their nonce.
      expect(await codeOf(end(mine.loginToken, callback.href))).toBe('login_failed');
    });

    it('of another provider is refused, even with the right state (RFC 9207)', async () => {
      const { loginToken, authorizationUrl } = await begin();
      const callback = new URL(await new Browser().signIn(authorizationUrl, 'ben'));
      expect(callback.searchParams.get('iss')).toBe(provider.issuer);
      callback.searchParams.set('iss', 'https://mallory.example');

      expect(await codeOf(end(loginToken, callback.href))).toBe('login_failed');
    });

    it('at another address than the login was begun with is refused', async () => {
      const { loginToken, authorizationUrl } = await begin();
      const callback = await new Browser().signIn(authorizationUrl, 'ben');

      expect(await codeOf(end(loginToken, callback.replace('app.brigade', 'app.mallory')))).toBe('login_failed');
      expect(await codeOf(begin({ redirectUri: 'https://app.mallory.example/back' }))).toBe('redirect_uri_not_allowed');
    });

    it('comes too late after ten minutes', async () => {
      const { loginToken, authorizationUrl } = await begin();
      const callback = await new Browser().signIn(authorizationUrl, 'ben');
      world.clock.advance(601_000);

      expect(await codeOf(end(loginToken, callback))).toBe('login_failed');
      world.clock.advance(-601_000);
    });

    it('of any shape, and a token of any shape, get the same answer', async () => {
      for (const callback of ['', 'x', 'javascript:alert(1)', `${REDIRECT_URI}?error=access_denied`, REDIRECT_URI])
        expect(await codeOf(end((await begin()).loginToken, callback))).toBe('login_failed');
      for (const token of ['', 'x', `@nobody.${'x'.repeat(43)}`, `@${owner.handle}.${'x'.repeat(43)}`])
        expect(await codeOf(end(token, REDIRECT_URI))).toBe('login_failed');
    });
  });

  describe('a token endpoint that lies', () => {
    let hostile: HostileProvider;

    beforeEach(async () => {
      hostile = await HostileProvider.start();
      await put({ issuer: hostile.issuer });
    });
    afterEach(() => hostile.stop());

    /** The callback as an honest browser would bring it. */
    const come = async (forge: Forgery, back = REDIRECT_URI): Promise<string> => {
      const { loginToken, authorizationUrl } = await begin();
      const asked = new URL(authorizationUrl).searchParams;
      hostile.nonce = asked.get('nonce') as string;
      hostile.forge = forge;
      return codeOf(end(loginToken, `${back}?code=x&state=${asked.get('state')}`));
    };

    it('is believed as long as it does not', async () => {
      expect(await come((claims) => hostile.signed(claims))).toBe('ok');
    });

    it.each<[string, Forgery]>([
      ['signed by nobody', (claims, it) => it.unsigned(claims)],
      ['signed with the public key as if it were a secret', (claims, it) => it.confused(claims)],
      ['signed with another key of the same name', (claims, it) => signedByAnother(claims, it)],
      ['for another client', (claims, it) => it.signed({ ...claims, aud: 'another' })],
      ['of another issuer', (claims, it) => it.signed({ ...claims, iss: 'https://login.example' })],
      ['that has run out', (claims, it) => it.signed({ ...claims, exp: 1_000_000_000 })],
      ['for another login', (claims, it) => it.signed({ ...claims, nonce: 'another' })],
      ['without a nonce', ({ nonce: _, ...claims }, it) => it.signed(claims)],
      ['that is none', () => 'x.y.z'],
    ])('is not believed with a token %s (A-46)', async (_, forge) => {
      expect(await come(forge)).toBe('login_failed');
      expect(await people()).toHaveLength(1);
    });

    const signedByAnother: Forgery = async (claims) => {
      const another = await HostileProvider.start();
      return hostile.signed(claims, another.pair.privateKey).finally(() => another.stop());
    };

    it('names with the same subject somebody else than another provider does (A-36)', async () => {
      const honest = newId();
      await put({}, honest);
      const { userId } = await login('ben', { providerId: honest });

      expect(await come((claims) => hostile.signed({ ...claims, sub: 'ben' }))).toBe('ok');
      const named = (await people())
        .filter(({ role }) => role !== 'owner')
        .map(({ id, displayName }) => [id, displayName]);
      expect(named).toHaveLength(2);
      expect(named).toEqual(
        expect.arrayContaining([
          [userId, 'Ben Baker'],
          [expect.not.stringMatching(userId), 'Mallory'],
        ]),
      );
    });

    it('is not believed about somebody else than the token is about (A-36)', async () => {
      hostile.document = { userinfo_endpoint: `${hostile.issuer}/me` };
      hostile.profile = { sub: 'another', email: owner.person.email, email_verified: true };
      expect(await come((claims) => hostile.signed(claims))).toBe('login_failed');

      hostile.profile = { sub: 'mallory' };
      expect(await come((claims) => hostile.signed(claims))).toBe('ok');
    });

    it('does not make up for a callback at another address', async () => {
      expect(await come((claims) => hostile.signed(claims), 'https://app.mallory.example/back')).toBe('login_failed');
    });

    it('sends nobody to an address that is no web page', async () => {
      hostile.document = { authorization_endpoint: 'javascript:alert(1)' };

      expect(await codeOf(begin())).toBe('identity_provider_unavailable');
    });
  });

  describe('what the organization demands', () => {
    it('is demanded of who comes by a provider, too (A-25)', async () => {
      const tokens = await login('ben');
      const ben: Member = { ...owner, tokens };
      const secret = await addTotp(world, ben);
      const strong = await addTotp(world, owner);
      world.clock.advance(30_000);
      const owned = await signInWith(strong);
      await demand(world, owned, { required: 'second_factor' });

      const { loginToken, factors } = await unfinished(login('ben'));
      expect(factors).toEqual(['totp']);
      world.clock.advance(30_000);
      const done = await finish(world, loginToken, { kind: 'totp', code: await codeNow(world, secret) });
      expect(decodeJwt(done.accessToken)['amr']).toEqual(['fed', 'otp']);
      world.clock.advance(-60_000);
    });

    it('can be enrolled by who has just signed in there, and by nobody whom the provider merely knows (A-41)', async () => {
      const browser = new Browser();
      const fresh: Member = { ...owner, tokens: await login('ben', {}, browser) };
      await addTotp(world, fresh);

      // The world's clock stands still while the provider's runs.
      world.clock.advance(600_000);
      const known: Member = { ...owner, tokens: await login('ben', {}, browser) };
      expect(await codeOf(addTotp(world, known))).toBe('step_up_required');
      world.clock.advance(-600_000);
    });

    it('is met by the provider’s second factor only where that is trusted (A-25)', async () => {
      const strong = await addTotp(world, owner);
      world.clock.advance(30_000);
      const owned = await signInWith(strong);
      await demand(world, owned, { required: 'second_factor' });
      await provider.say({ shown: { amr: ['pwd', 'otp', 'mfa'] } });

      expect((await login('ben')).limitedTo).toBe('factors');
      await put({ trustsSecondFactor: true }, providerId, owned);
      expect((await login('ben')).limitedTo).toBeUndefined();
      await provider.say({ shown: { amr: ['pwd'] } });
      expect((await login('ben')).limitedTo).toBe('factors');
      world.clock.advance(-30_000);
    });

    it('before sensitive acts takes more than a provider that still knows the person (A-41)', async () => {
      const browser = new Browser();
      // What a provider says of the future is taken as now: the world's clock goes before it.
      world.clock.advance(60_000);
      const first = decodeJwt((await login('ada', {}, browser)).accessToken)['auth_time'] as number;
      await new Promise((resolve) => setTimeout(resolve, 1_100));

      expect(decodeJwt((await login('ada', {}, browser)).accessToken)['auth_time']).toBe(first);
      const again = decodeJwt((await login('ada', { reauthenticate: true }, browser)).accessToken);
      expect(again['auth_time']).toBeGreaterThan(first);
      world.clock.advance(-60_000);
    });

    const signInWith = async (secret: string): Promise<Member> => {
      return stepUp(world, await signIn(world, owner), { kind: 'totp', code: await codeNow(world, secret) });
    };
  });

  describe('a provider that is away', () => {
    it('is said to be, when the login begins and when it ends', async () => {
      const { loginToken, authorizationUrl } = await begin();
      const callback = await new Browser().signIn(authorizationUrl, 'ben');
      await provider.kill();
      try {
        expect(await codeOf(end(loginToken, callback))).toBe('identity_provider_unavailable');
        world.clock.advance(3_600_000);
        expect(await codeOf(begin())).toBe('identity_provider_unavailable');
      } finally {
        world.clock.advance(-3_600_000);
        await provider.run();
      }
      expect(await codeOf(login('ben'))).toBe('ok');
    });

    it('leaves its people their passkey, though they have no password (T-22)', async () => {
      const ben: Member = { ...owner, tokens: await login('ben') };
      const { passkey } = await addPasskey(world, ben);
      await provider.kill();
      try {
        const wanted = { organization: owner.handle, device: aDevice().device };
        const { loginToken, passkeyOptions = {} } = await world.bus.request(beginPasskeyLogin, wanted);
        const shown = { kind: 'passkey', assertion: passkey.get(passkeyOptions) } as const;
        expect((await finish(world, loginToken, shown)).userId).toBe(ben.tokens.userId);
      } finally {
        await provider.run();
      }
    });
  });

  describe('managing providers', () => {
    it('never shows the client’s secret, keeps it, and takes it to no other issuer', async () => {
      const shown = JSON.stringify(await world.bus.request(listIdentityProviders, {}, as(owner)));
      expect(shown).not.toContain(CLIENT_SECRET);
      expect((await put({ clientSecret: undefined, name: 'Renamed' })).hasClientSecret).toBe(true);
      expect(await codeOf(login('ben'))).toBe('ok');

      expect((await put({ clientSecret: undefined, issuer: 'https://mallory.example' })).hasClientSecret).toBe(false);
    });

    it('takes only what is encrypted, but on this machine', async () => {
      expect(await codeOf(put({ issuer: 'http://login.brigade.example' }))).toBe('identity_provider_unsafe');
    });

    it('hands on nothing that whoever does it does not have', async () => {
      const helper = await aMember(world, owner);
      const only = newId<RoleId>();
      await world.bus.request(
        putRole,
        { id: only, name: 'Providers', permissions: ['manage_identity_providers'] },
        as(owner),
      );
      await world.bus.request(assignRole, { roleId: only, userId: helper.tokens.userId }, as(owner));
      const putBy = (more: object) => codeOf(put({ groups: undefined, ...more }, newId(), helper));
      const give = (mapping: object) => putBy({ groups: { mappings: [{ group: 'x', ...mapping }] } });

      expect(await putBy({})).toBe('ok');
      expect(await give({ poolId: pool })).toBe('forbidden');
      expect(await give({ role: 'admin' })).toBe('forbidden');
      expect(await give({ roleId: role })).toBe('forbidden');
      expect(await putBy({ linksByEmail: true })).toBe('forbidden');
      // To take a mapping out takes from people what it gave.
      expect(await codeOf(put({ groups: undefined }, providerId, helper))).toBe('forbidden');
    });

    it('says what is wrong with one', async () => {
      const test = () => world.bus.request(testIdentityProvider, { providerId: providerId as never }, as(owner));
      const good = await test();
      expect(good.steps.map(({ step, isOk }) => [step, isOk])).toEqual([
        ['discovery', true],
        ['endpoints', true],
        ['keys', true],
      ]);

      await put({ issuer: 'http://127.0.0.1:1/' });
      const { steps } = await test();
      expect(steps).toEqual([{ step: 'discovery', isOk: false, says: expect.stringContaining('127.0.0.1:1') }]);
      await put({ issuer: `${provider.issuer}/elsewhere` });
      expect((await test()).steps[0]?.isOk).toBe(false);
    });

    it('forgets one, and its people stay as they are', async () => {
      const tokens = await login('ada');
      await world.bus.request(deleteIdentityProvider, { providerId: providerId as never }, as(owner));

      expect(await person(tokens)).toMatchObject({ role: 'admin', poolIds: [pool] });
      expect(await codeOf(begin())).toBe('identity_provider_not_found');
    });
  });

  describe('the ways to sign in', () => {
    const methods = (organization: string) => world.bus.request(listLoginMethods, { organization });

    it('are shown by name, those that are switched off are not', async () => {
      expect(await methods(owner.handle)).toEqual({
        password: true,
        identityProviders: [{ id: providerId, name: 'Brigade' }],
      });
      await put({ enabled: false });
      expect((await methods(owner.handle)).identityProviders).toEqual([]);
      expect(await codeOf(begin())).toBe('identity_provider_not_found');
    });

    it('do not tell an organization that does not exist from one without providers (A-27)', async () => {
      const other = await anOrganization(world);

      expect(await methods('nobody-of-this-name')).toEqual(await methods(other.handle));
      expect(await codeOf(begin({ organization: 'nobody-of-this-name' }))).toBe('identity_provider_not_found');
      expect(await codeOf(begin({ organization: other.handle }))).toBe('identity_provider_not_found');
    });
  });

  const settled = () => world.app.get(Refusals).settled();
});
