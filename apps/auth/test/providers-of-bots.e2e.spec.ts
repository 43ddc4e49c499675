import {
  type Bot,
  beginOidcLogin,
  deleteIdentityProvider,
  finishOidcLogin,
  listIdentityProviders,
  listUsers,
  type IdentityProviderSettings,
  putIdentityProvider,
  readMyPermissions,
  setPeopleQuota,
  type Tokens,
} from '@relais/contracts';
import { newId, type PoolId } from '@relais/kernel';
import type { z } from 'zod';
import { Database, type Tx } from '../src/database/database.js';
import { findProvider } from '../src/identity-providers/identity-provider-rows.postgres.js';
import { aBot, type TestKey, tokenFor } from './bot.js';
import { as } from './factors.js';
import { factsOf } from './facts.js';
import { providerSettings } from './permission-rows.js';
import { Browser, OidcProviderProcess, REDIRECT_URI } from './oidc-provider-process.js';
import { aDevice } from './person.js';
import { aMember, anOrganization, codeOf, type Member, startWorld, type World } from './world.js';

type Settings = z.input<typeof putIdentityProvider.input>['settings'];

describe('identity providers of bots (A-44)', () => {
  let world: World;
  let owner: Member;
  let bot: Bot;
  let key: TestKey;

  beforeAll(async () => {
    world = await startWorld({ organizations: 20 });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    owner = await anOrganization(world);
    ({ bot, key } = await aBot(world, owner, ['identity-sources:write']));
  });

  const asBot = async (which = bot, its = key) => ({ token: (await tokenFor(world, which, its)).accessToken });
  const put = (providerId: string, by: { token: string }, more: Partial<IdentityProviderSettings> = {}) => {
    const settings = { ...providerSettings, ...more } as Settings;
    return world.bus.request(putIdentityProvider, { providerId: providerId as never, settings }, by);
  };
  const list = async (by: { token: string }) => (await world.bus.request(listIdentityProviders, {}, by)).items;
  const remove = (providerId: string, by: { token: string }) =>
    codeOf(world.bus.request(deleteIdentityProvider, { providerId: providerId as never }, by));
  const vouchedBy = async (providerId: string) => {
    const { organizationId } = owner.tokens;
    const find = (tx: Tx) => findProvider(tx, organizationId, providerId);
    return (await world.app.get(Database).within(organizationId, find))?.vouched_by;
  };

  it('are made, changed and deleted by it, are facts with it as their actor, and vouched for as by a member', async () => {
    const id = newId<string>();
    expect(await put(id, await asBot(), { clientSecret: 's', mayCreatePeople: true })).toMatchObject({
      madeBy: bot.id,
    });
    expect(await put(id, await asBot(), { name: 'Another', mayCreatePeople: true })).toMatchObject({
      ...{ settings: { name: 'Another' }, hasClientSecret: true },
    });

    expect(await vouchedBy(id)).toBe('member');
    expect((await factsOf(world, 'identity-provider.put')).at(-1)?.actor.id).toBe(bot.id);
    expect(await remove(id, await asBot())).toBe('ok');
    expect(await list(as(owner))).toEqual([]);
  });

  it.each<[string, Partial<IdentityProviderSettings>]>([
    ['connects who is here already', { linksByEmail: true }],
    ['counts as a second factor', { trustsSecondFactor: true }],
    ['gives roles', { groups: { claim: 'groups', mappings: [{ group: 'chiefs', role: 'admin' }] } }],
    ['gives pools', { groups: { claim: 'groups', mappings: [{ group: 'crew', poolId: newId<PoolId>() }] } }],
  ])('never %s', async (_, more) => {
    expect(await codeOf(put(newId(), await asBot(), more))).toBe('forbidden');
    expect(await list(as(owner))).toEqual([]);
  });

  it('are all that it sees: those of people and of other bots are not there, and their ids taken', async () => {
    const { bot: other, key: its } = await aBot(world, owner, ['identity-sources:write']);
    const [mine, theirs, people] = [newId<string>(), newId<string>(), newId<string>()];
    await put(mine, await asBot());
    await put(theirs, await asBot(other, its));
    await put(people, as(owner), { linksByEmail: true });

    expect((await list(await asBot())).map(({ id }) => id as string)).toEqual([mine]);
    expect(await list(as(owner))).toHaveLength(3);
    for (const id of [theirs, people]) {
      expect(await codeOf(put(id, await asBot()))).toBe('identity_provider_id_taken');
      expect(await remove(id, await asBot())).toBe('identity_provider_not_found');
    }
    expect(await vouchedBy(people)).toBe('owner');
  });

  it('stay its own when people change them; what they added, its next put takes out again', async () => {
    const id = newId<string>();
    await put(id, await asBot());
    expect(await put(id, as(owner), { linksByEmail: true })).toMatchObject({ madeBy: bot.id });
    expect(await vouchedBy(id)).toBe('owner');

    expect(await put(id, await asBot())).toMatchObject({ settings: { linksByEmail: false } });
    expect(await vouchedBy(id)).toBe('member');
  });

  it('are made by no bot that has not the scope', async () => {
    const { bot: plain, key: its } = await aBot(world, owner, ['people-quota:write']);

    expect(await codeOf(put(newId(), await asBot(plain, its)))).toBe('scope_missing');
    expect(await codeOf(list(await asBot(plain, its)))).toBe('scope_missing');
  });

  describe('and who comes by one', () => {
    let provider: OidcProviderProcess;
    let id: string;

    beforeAll(async () => {
      provider = await OidcProviderProcess.start({});
    });
    afterAll(() => provider.kill());
    beforeEach(async () => {
      id = newId();
      await put(id, await asBot(), {
        ...{ issuer: provider.issuer, clientId: 'relais', clientSecret: 'a secret of the client' },
        ...{ redirectUris: [REDIRECT_URI], mayCreatePeople: true },
      });
    });

    const login = async (email: string): Promise<Tokens> => {
      const ada = { email, email_verified: true, name: 'Ada Able', groups: ['chiefs'] };
      await provider.say({ people: { ada } });
      const asked = { organization: owner.handle, providerId: id as never, redirectUri: REDIRECT_URI };
      const begun = await world.bus.request(beginOidcLogin, { ...asked, device: aDevice().device });
      const callbackUrl = await new Browser().signIn(begun.authorizationUrl, 'ada');
      return world.bus.request(finishOidcLogin, { loginToken: begun.loginToken, callbackUrl });
    };
    const people = async () => (await world.bus.request(listUsers, { limit: 200 }, as(owner))).items;
    const person = async (userId: string) => (await people()).find(({ id: one }) => one === userId);

    it('is a member where newcomers are, without a permission, and the same one the next time', async () => {
      const newcomer = await aMember(world, owner);
      const { userId, accessToken } = await login('ada@brigade.example');

      const [ada, beside] = await Promise.all([userId, newcomer.tokens.userId].map(person));
      expect(ada).toMatchObject({ displayName: 'Ada Able', role: 'member', state: 'active', poolIds: beside?.poolIds });
      const mine = await world.bus.request(readMyPermissions, {}, { token: accessToken });
      expect(mine.permissions).toEqual([]);
      expect((await login('ada@brigade.example')).userId).toBe(userId);
    });

    it('is not somebody who is here already, owner or member, though the address is verified', async () => {
      const member = await aMember(world, owner);

      for (const { person: known } of [owner, member]) expect(await codeOf(login(known.email))).toBe('login_failed');
      expect(await people()).toHaveLength(2);
      expect((await list(await asBot()))[0]?.people).toBe(0);
      expect(await codeOf(login('ada@brigade.example'))).toBe('ok');
    });

    it('comes in within the quota alone', async () => {
      await world.bus.request(setPeopleQuota, { maxPeople: 1 }, as(owner));

      expect(await codeOf(login('ada@brigade.example'))).toBe('login_failed');
      expect(await people()).toHaveLength(1);
      await world.bus.request(setPeopleQuota, { maxPeople: 2 }, as(owner));
      expect(await codeOf(login('ada@brigade.example'))).toBe('ok');
    });
  });
});
