import {
  addBotKey,
  addPoolUser,
  appendEntry,
  assignRole,
  type Bot,
  type BotAudience,
  createBot,
  createPool,
  issueBotToken,
  listBots,
  listConversations,
  listUsers,
  openSession,
  type Permission,
  putRole,
  readMe,
  removeBot,
  removeUser,
  resolveUsers,
  retireBotKey,
  type Scope,
  setBotAudience,
  updateBot,
  updateUser,
} from '@relais/contracts';
import type { NatsBus } from '@relais/bus';
import { newId, type PoolId, type RoleId, type UserId } from '@relais/kernel';
import { jwkThumbprint } from '@relais/security';
import { base64url, decodeJwt, SignJWT } from 'jose';
import { Refusals } from '../src/facts/refusals.js';
import { Housekeeping } from '../src/housekeeping.postgres.js';
import { aBot, aKey, anAssertion, type Said, type TestKey, tokenFor } from './bot.js';
import { factsOf } from './facts.js';
import { aDevice } from './person.js';
import { aMember, anOrganization, codeOf, finalCodeOf, type Member, startWorld, type World } from './world.js';

describe('bots', () => {
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
  const present = (clientAssertion: string) => finalCodeOf(() => bus.request(issueBotToken, { clientAssertion }));
  const seenBy = async (token: string) =>
    (await bus.request(listUsers, { limit: 200 }, { token })).items.map(({ id }) => id);
  const change = (bot: Bot, more: { scopes?: Scope[]; state?: 'active' | 'disabled'; displayName?: string }) =>
    bus.request(updateBot, { botId: bot.id, ...more }, as(owner));

  describe('a token', () => {
    it('is given for an assertion, bound to its key, for five minutes at most, with the scopes of the bot', async () => {
      const { bot, key } = await aBot(world, owner, ['people:read', 'messages:read']);

      const { accessToken, scopes } = await tokenFor(world, bot, key);

      const claims = decodeJwt(accessToken);
      expect(scopes).toEqual(['people:read', 'messages:read']);
      expect(claims).toMatchObject({
        sub: bot.id,
        org: owner.tokens.organizationId,
        scope: 'people:read messages:read',
        roles: ['member'],
        cnf: { jkt: jwkThumbprint(key.publicKey) },
      });
      expect(Number(claims.exp) - Number(claims.iat)).toBeLessThanOrEqual(300);
      const me = await bus.request(readMe, {}, { token: accessToken });
      expect(me).toMatchObject({
        id: bot.id,
        displayName: 'Weather',
        isBot: true,
        role: 'member',
        poolIds: [],
        email: '',
      });
    });

    it('is given once per assertion, however many present it at the same time (A-07)', async () => {
      const { bot, key } = await aBot(world, owner);
      const assertion = await anAssertion(world, bot, key);

      const codes = await Promise.all(Array.from({ length: 50 }, () => present(assertion)));

      expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
      expect(new Set(codes)).toEqual(new Set(['ok', 'bot_refused']));
    });

    const seconds = () => Math.floor(world.clock.now().getTime() / 1_000);
    const wrong: [string, (bot: Bot, other: Bot) => Said][] = [
      ['another audience', () => ({ claims: { aud: 'https://elsewhere.example' } })],
      ['several audiences', () => ({ claims: { aud: ['relais', 'https://elsewhere.example'] } })],
      ['no audience', () => ({ claims: { aud: undefined } })],
      ['another bot as issuer', (_, other) => ({ claims: { iss: other.clientId } })],
      ['another bot as subject', (_, other) => ({ claims: { sub: other.clientId } })],
      ['another bot as both', (_, other) => ({ claims: { iss: other.clientId, sub: other.clientId } })],
      ['no id', () => ({ claims: { jti: undefined } })],
      ['an id that is easily met twice', () => ({ claims: { jti: '1' } })],
      ['a life above five minutes', () => ({ claims: { exp: seconds() + 301 } })],
      ['no end', () => ({ claims: { exp: undefined } })],
      ['no beginning', () => ({ claims: { iat: undefined } })],
      ['a beginning in the future', () => ({ claims: { iat: seconds() + 60, exp: seconds() + 120 } })],
      ['an end that is past', () => ({ claims: { iat: seconds() - 120, exp: seconds() - 60 } })],
      ['the type of an access token', () => ({ header: { typ: 'at+jwt' } })],
      ['the type of a DPoP proof', () => ({ header: { typ: 'dpop+jwt' } })],
      ['no type', () => ({ header: { typ: undefined } })],
      ['a key of its own', () => ({ header: { jwk: aKey().publicKey } })],
      ['the address of a key', () => ({ header: { jku: 'https://elsewhere.example/jwks' } })],
      ['an unknown key', () => ({ header: { kid: newId() } })],
      ['the key of another bot', (_, other) => ({ header: { kid: String(other.keys[0]?.id) } })],
      ['a key that is no id', () => ({ header: { kid: "' OR 1=1 --" } })],
    ];

    it.each(wrong)('is refused for an assertion with %s (A-46)', async (_, say) => {
      const { bot, key } = await aBot(world, owner);
      const { bot: other } = await aBot(world, owner);

      expect(await present(await anAssertion(world, bot, key, say(bot, other)))).toBe('bot_refused');
      expect(await present(await anAssertion(world, bot, key))).toBe('ok');
    });

    it('is refused for an assertion of another algorithm, without a signature, or of another key (A-46)', async () => {
      const { bot, key } = await aBot(world, owner);
      const good = await anAssertion(world, bot, key);
      const [head = '', payload = '', signature = ''] = good.split('.');
      const said = JSON.parse(new TextDecoder().decode(base64url.decode(payload))) as Record<string, unknown>;
      const kid = String(bot.keys[0]?.id);
      const hmac = new SignJWT({ ...said })
        .setProtectedHeader({ alg: 'HS256', typ: 'client-authentication+jwt', kid })
        .sign(base64url.decode(key.publicKey.x));
      const none = base64url.encode(JSON.stringify({ alg: 'none', typ: 'client-authentication+jwt', kid }));

      const forged = [
        await hmac,
        `${none}.${payload}.`,
        `${head}.${payload}.`,
        `${head}.${base64url.encode(JSON.stringify({ ...said, scope: 'x' }))}.${signature}`,
        await anAssertion(world, bot, aKey()),
        'x.y.z',
        '',
      ];

      for (const assertion of forged) expect(await present(assertion)).toBe('bot_refused');
      expect(await present(good)).toBe('ok');
    });

    it('is refused in the name of a bot of another organization (A-45)', async () => {
      const { bot, key } = await aBot(world, owner);
      const clientId = `${stranger.tokens.organizationId}.${bot.id}`;

      expect(await present(await anAssertion(world, { ...bot, clientId }, key))).toBe('bot_refused');
    });
  });

  describe('scopes', () => {
    it('let a bot ask what they say and nothing else (A-44)', async () => {
      const { bot, key } = await aBot(world, owner, ['people:read']);
      const token = { token: (await tokenFor(world, bot, key)).accessToken };

      expect(await codeOf(bus.request(listUsers, {}, token))).toBe('ok');
      const asked = [
        bus.request(resolveUsers, { userIds: [] }, token),
        bus.request(updateUser, { userId: bot.id, displayName: 'Admin' }, token),
        bus.request(removeUser, { userId: idOf(owner) }, token),
        bus.request(listBots, {}, token),
      ];
      expect(new Set(await Promise.all(asked.map(codeOf)))).toEqual(new Set(['scope_missing']));
    });

    it('are taken away with the tokens that have them', async () => {
      const { bot, key } = await aBot(world, owner, ['people:read', 'messages:read']);
      const token = { token: (await tokenFor(world, bot, key)).accessToken };

      await change(bot, { scopes: ['messages:read'] });

      expect(await codeOf(bus.request(listUsers, {}, token))).toBe('token_revoked');
      const next = { token: (await tokenFor(world, bot, key)).accessToken };
      expect(await codeOf(bus.request(listUsers, {}, next))).toBe('scope_missing');
      expect(await codeOf(bus.request(readMe, {}, next))).toBe('ok');
    });

    it.each<[Scope, Permission, Permission[]]>([
      ['alarm-sources:write', 'manage_alarms', []],
      ['people-quota:write', 'manage_policies', []],
      ['message-keeping:write', 'manage_policies', []],
      ['identity-sources:write', 'manage_identity_providers', ['manage_directories']],
      ['identity-sources:write', 'manage_directories', ['manage_identity_providers']],
    ])(
      'like %s are given by who has %s beside %j, as are keys for a bot that has them (A-44)',
      async (scope, permission, others) => {
        const [ruler, roleId] = [await aMember(world, owner), newId<RoleId>()];
        const role = (permissions: Permission[]) =>
          bus.request(putRole, { id: roleId, name: 'Bots', permissions }, as(owner));
        await role(['manage_bots', ...others]);
        await bus.request(assignRole, { roleId, userId: idOf(ruler) }, as(owner));
        const given: Scope[] = ['people:read', scope];
        const { bot } = await aBot(world, owner, given);
        const { bot: plain } = await aBot(world, ruler, ['people:read']);
        const { publicKey } = aKey();
        const all = async () => [
          await codeOf(aBot(world, ruler, given)),
          await codeOf(bus.request(updateBot, { botId: plain.id, scopes: given }, as(ruler))),
          await codeOf(bus.request(addBotKey, { botId: bot.id, publicKey }, as(ruler))),
        ];

        expect(await all()).toEqual(['forbidden', 'forbidden', 'forbidden']);
        // What it has is no gift of theirs: they may go on naming it, and take it away.
        const renamed = bus.request(updateBot, { botId: bot.id, displayName: 'Operator', scopes: given }, as(ruler));
        expect(await codeOf(renamed)).toBe('ok');
        await role(['manage_bots', permission, ...others]);
        expect(await all()).toEqual(['ok', 'ok', 'ok']);
      },
    );

    it('belong to contracts, of which few are open to bots', () => {
      expect([listUsers, listConversations, appendEntry].map(({ bots }) => bots)).toEqual([
        ['people:read'],
        ['messages:read'],
        ['messages:write'],
      ]);
    });
  });

  const idOf = ({ tokens }: Member): UserId => tokens.userId;

  describe('are seen', () => {
    const resolve = async (token: string, ...userIds: UserId[]) =>
      (await bus.request(resolveUsers, { userIds }, { token })).userIds;
    const grant = (bot: Bot, audience: BotAudience[]) =>
      bus.request(setBotAudience, { botId: bot.id, audience }, as(owner));

    it('by nobody until they are granted, and then by those people and pools', async () => {
      const { bot } = await aBot(world, owner, ['people:read']);
      const [granted, other] = [await aMember(world, owner), await aMember(world, owner)];
      const everybody = [owner, granted, other];
      const sees = async () =>
        Promise.all(everybody.map(async ({ tokens }) => (await seenBy(tokens.accessToken)).includes(bot.id)));
      expect(await sees()).toEqual([false, false, false]);

      await grant(bot, [{ userId: idOf(granted) }]);
      expect(await sees()).toEqual([false, true, false]);
      expect(await resolve(granted.tokens.accessToken, bot.id)).toEqual([bot.id]);
      expect(await resolve(other.tokens.accessToken, bot.id, idOf(granted))).toEqual([idOf(granted)]);

      const poolId = newId<PoolId>();
      await bus.request(createPool, { id: poolId, name: 'P' }, as(owner));
      await bus.request(addPoolUser, { poolId, userId: idOf(other) }, as(owner));
      await grant(bot, [{ poolId }]);
      expect(await sees()).toEqual([false, false, true]);

      await grant(bot, []);
      expect(await sees()).toEqual([false, false, false]);
    });

    it('as bots, by their name', async () => {
      const { bot } = await aBot(world, owner);
      const member = await aMember(world, owner);
      await grant(bot, [{ userId: idOf(member) }]);

      const { items } = await bus.request(listUsers, { limit: 200 }, as(member));

      expect(items.find(({ id }) => id === bot.id)).toEqual({ id: bot.id, displayName: 'Weather', isBot: true });
    });

    it('and see only those who see them', async () => {
      const { bot, key } = await aBot(world, owner, ['people:read', 'conversations:write']);
      const [granted, other] = [await aMember(world, owner), await aMember(world, owner)];
      await grant(bot, [{ userId: idOf(granted) }]);
      const { accessToken } = await tokenFor(world, bot, key);

      expect(await seenBy(accessToken)).toEqual(expect.arrayContaining([bot.id, idOf(granted)]));
      expect(await seenBy(accessToken)).toHaveLength(2);
      expect(await resolve(accessToken, idOf(granted), idOf(other), idOf(owner), bot.id)).toEqual([
        idOf(granted),
        bot.id,
      ]);
    });

    it('and are granted to people and pools of their organization alone (A-45)', async () => {
      const { bot } = await aBot(world, owner);
      const { bot: another } = await aBot(world, owner);

      expect(await codeOf(grant(bot, [{ userId: idOf(stranger) }]))).toBe('user_not_found');
      expect(await codeOf(grant(bot, [{ userId: another.id }]))).toBe('user_not_found');
      expect(await codeOf(grant(bot, [{ poolId: newId<PoolId>() }]))).toBe('pool_not_found');
    });
  });

  describe('keys', () => {
    const add = (bot: Bot, { publicKey }: TestKey) => bus.request(addBotKey, { botId: bot.id, publicKey }, as(owner));
    const retire = (bot: Bot, keyId: Bot['keys'][number]['id']) =>
      bus.request(retireBotKey, { botId: bot.id, keyId }, as(owner));

    it('overlap: both work until the old one is retired, which ends its tokens', async () => {
      const { bot, key } = await aBot(world, owner, ['people:read']);
      const first = bot.keys[0]?.id as Bot['keys'][number]['id'];
      const before = await tokenFor(world, bot, key, first);
      const next = aKey();
      const second = await add(bot, next);

      const after = await tokenFor(world, bot, next, second.id);
      expect(decodeJwt(after.accessToken)['cnf']).toEqual({ jkt: jwkThumbprint(next.publicKey) });
      expect(await codeOf(tokenFor(world, bot, key, first))).toBe('ok');
      expect(await codeOf(add(bot, aKey()))).toBe('too_many_keys');

      await retire(bot, first);
      await retire(bot, first);
      expect(await codeOf(seenBy(before.accessToken))).toBe('token_revoked');
      expect(await codeOf(seenBy(after.accessToken))).toBe('ok');
      expect(await codeOf(tokenFor(world, bot, key, first))).toBe('bot_refused');
      expect(await codeOf(add(bot, aKey()))).toBe('ok');
      expect((await factsOf(world, 'bot.key-retired')).filter(({ object }) => object.id === bot.id)).toHaveLength(1);
    });

    it('belong to one bot, also when retired', async () => {
      const { bot, key } = await aBot(world, owner);
      const { bot: other } = await aBot(world, owner);
      await retire(bot, bot.keys[0]?.id as Bot['keys'][number]['id']);

      expect(await codeOf(add(other, key))).toBe('bot_key_reused');
      expect(await codeOf(add(bot, key))).toBe('bot_key_reused');
      const again = bus.request(createBot, { displayName: 'x', scopes: [], publicKey: key.publicKey }, as(owner));
      expect(await codeOf(again)).toBe('bot_key_reused');
      const foreign = other.keys[0]?.id as Bot['keys'][number]['id'];
      expect(await codeOf(retire(bot, foreign))).toBe('bot_key_not_found');
    });

    it('are never added beyond two, however many add one at the same time', async () => {
      const { bot } = await aBot(world, owner);

      const codes = await Promise.all(Array.from({ length: 8 }, () => codeOf(add(bot, aKey()))));

      expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
      expect(codes.filter((code) => code === 'too_many_keys')).toHaveLength(7);
    });
  });

  describe('are put out', () => {
    it('at once when disabled, and come back when enabled', async () => {
      const { bot, key } = await aBot(world, owner, ['people:read']);
      const { accessToken } = await tokenFor(world, bot, key);

      await change(bot, { state: 'disabled' });
      expect(await codeOf(seenBy(accessToken))).toBe('token_revoked');
      expect(await codeOf(tokenFor(world, bot, key))).toBe('bot_refused');

      await change(bot, { state: 'active' });
      expect(await codeOf(tokenFor(world, bot, key))).toBe('ok');
    });

    it('have no usable token after being disabled, whatever was under way at that moment', async () => {
      for (let round = 0; round < 5; round++) {
        const { bot, key } = await aBot(world, owner, ['people:read']);
        const got: string[] = [];
        const asking = Array.from({ length: 10 }, () =>
          tokenFor(world, bot, key).then(
            ({ accessToken }) => got.push(accessToken),
            () => undefined,
          ),
        );
        await change(bot, { state: 'disabled' });
        await Promise.all(asking);

        for (const token of got) expect(await codeOf(seenBy(token))).toBe('token_revoked');
      }
    });

    it('for good when removed: nobody finds them or their tokens any more', async () => {
      const { bot, key } = await aBot(world, owner, ['people:read']);
      const { accessToken } = await tokenFor(world, bot, key);

      await bus.request(removeBot, { botId: bot.id }, as(owner));

      expect(await codeOf(seenBy(accessToken))).toBe('token_revoked');
      expect(await codeOf(tokenFor(world, bot, key))).toBe('bot_refused');
      expect((await bus.request(listBots, {}, as(owner))).items.map(({ id }) => id)).not.toContain(bot.id);
      expect(await codeOf(bus.request(removeBot, { botId: bot.id }, as(owner)))).toBe('bot_not_found');
    });
  });

  describe('are no people', () => {
    it('they sign in with no password, have no role and no pool, and are not changed as people are', async () => {
      const { bot } = await aBot(world, owner);
      const roleId = newId<RoleId>();
      await bus.request(putRole, { id: roleId, name: 'x', permissions: ['invite'] }, as(owner));
      const me = await bus.request(readMe, {}, as(owner));

      const login = { organization: owner.handle, email: 'bot@example.org', password: 'none' };
      expect(await codeOf(bus.request(openSession, { ...login, device: aDevice().device }))).toBe('login_failed');
      const asked = [
        bus.request(updateUser, { userId: bot.id, role: 'admin' }, as(owner)),
        bus.request(updateUser, { userId: bot.id, state: 'disabled' }, as(owner)),
        bus.request(removeUser, { userId: bot.id }, as(owner)),
        bus.request(assignRole, { roleId, userId: bot.id }, as(owner)),
        bus.request(addPoolUser, { userId: bot.id, poolId: me.poolIds[0] as PoolId }, as(owner)),
      ];
      expect(new Set(await Promise.all(asked.map(codeOf)))).toEqual(new Set(['user_not_found']));
    });

    it('and no people are bots', async () => {
      const member = await aMember(world, owner);

      expect(await codeOf(bus.request(updateBot, { botId: idOf(member), state: 'disabled' }, as(owner)))).toBe(
        'bot_not_found',
      );
      expect(await codeOf(bus.request(removeBot, { botId: idOf(member) }, as(owner)))).toBe('bot_not_found');
    });

    it('only those who manage bots make, see and change them, and each in their own organization (A-45)', async () => {
      const { bot } = await aBot(world, owner);
      const member = await aMember(world, owner);

      expect(await codeOf(aBot(world, member))).toBe('forbidden');
      expect(await codeOf(bus.request(listBots, {}, as(member)))).toBe('forbidden');
      expect(await codeOf(bus.request(removeBot, { botId: bot.id }, as(stranger)))).toBe('bot_not_found');
      expect((await bus.request(listBots, {}, as(stranger))).items).toEqual([]);
    });
  });

  it('leave facts of what is done to them and by them, refused tries included (A-68)', async () => {
    const { bot, key } = await aBot(world, owner, ['people:read']);
    await tokenFor(world, bot, key);
    const replayed = await anAssertion(world, bot, key);
    for (let times = 0; times < 4; times++) await present(replayed);
    await bus.request(setBotAudience, { botId: bot.id, audience: [{ userId: idOf(owner) }] }, as(owner));
    await bus.request(setBotAudience, { botId: bot.id, audience: [] }, as(owner));
    await change(bot, { scopes: [], displayName: 'Rain' });
    await change(bot, { state: 'disabled' });
    await world.app.get(Refusals).settled();

    const of = async (action: string) =>
      (await factsOf(world, action)).filter(({ actor, object }) => actor.id === bot.id || object.id === bot.id);
    expect(await of('bot.made')).toMatchObject([{ after: { scopes: ['people:read'], keyId: bot.keys[0]?.id } }]);
    expect((await of('bot.signed-in')).map(({ outcome }) => outcome)).toEqual(['done', 'done', 'refused']);
    expect(await of('bot.granted')).toMatchObject([{ after: { userIds: [idOf(owner)] } }]);
    expect(await of('bot.ungranted')).toMatchObject([{ before: { userIds: [idOf(owner)] } }]);
    expect(await of('bot.changed')).toMatchObject([
      { before: { scopes: ['people:read'] }, after: { scopes: [], renamed: true } },
    ]);
    expect(await of('bot.disabled')).toMatchObject([{ before: { state: 'active' }, after: { state: 'disabled' } }]);
  });

  // The last one: time goes on, and the tokens of everybody end.
  it('get no second token for an assertion after housekeeping, until it has expired anyway', async () => {
    const { bot, key } = await aBot(world, owner);
    const iat = Math.floor(world.clock.now().getTime() / 1_000);
    const assertion = await anAssertion(world, bot, key, { claims: { exp: iat + 300 } });
    expect(await present(assertion)).toBe('ok');

    for (const seconds of [0, 299, 10]) {
      world.clock.advance(seconds * 1_000);
      await world.app.get(Housekeeping).run();
      expect(await present(assertion)).toBe('bot_refused');
    }
  });
});
