import { CLOSE_CODES, ROUTES, type Route, scope, type Scope } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { signDpopProof } from '@relais/security';
import { helloOf, newKey, type Someone, someone } from './issuer.js';
import { startWorld, type World } from './world.js';

describe('a bot at the edge', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
  });

  afterAll(() => world.close());

  const tokenOf = (bot: Someone, scopes: Scope[]) =>
    world.trusted.issuer.tokenFor(bot, { scope: scopes.join(' '), amr: ['swk'] });

  async function call(bot: Someone, token: string, method: string, path: string, key = bot.key): Promise<string> {
    const url = world.url + path;
    const proof = signDpopProof(key, { method, url, accessToken: token });
    const answer = await fetch(url, { method, headers: { authorization: `DPoP ${token}`, dpop: proof } });
    const text = await answer.text();
    return answer.ok ? 'ok' : String((JSON.parse(text) as { code?: string }).code);
  }

  const guarded = Object.entries<Route>(ROUTES).filter(([, { contract }]) => contract.access === 'user');

  it.each(guarded)('without scopes is refused %s (A-44)', async (_, { method, path }) => {
    const bot = someone();
    const to = path.replaceAll(/\{\w+\}/g, newId());

    expect(await call(bot, await tokenOf(bot, []), method, to)).toBe('scope_missing');
  });

  it.each(guarded.filter(([, { contract }]) => contract.bots === undefined))(
    'with every scope there is is refused %s, which is not for bots (A-44)',
    async (_, { method, path }) => {
      const bot = someone();

      expect(
        await call(bot, await tokenOf(bot, [...scope.options]), method, path.replaceAll(/\{\w+\}/g, newId())),
      ).toBe('scope_missing');
    },
  );

  it('with the scope is let in, with a proof of its own key and no other (A-48)', async () => {
    const bot = someone();
    const token = await tokenOf(bot, ['messages:read']);

    expect(await call(bot, token, 'GET', `/v1/conversations/${newId()}/entries`)).toBe('conversation_not_found');
    expect(await call(bot, token, 'GET', `/v1/conversations/${newId()}/entries`, newKey())).toBe('invalid_dpop_proof');
  });

  it('hears its conversations live only with the scope to read, and is told not to come back without (A-44)', async () => {
    const [bot, alice] = [someone(), someone()];
    const friend = { ...bot, organizationId: alice.organizationId };
    const id = world.logs.create(alice.organizationId, [alice.userId, friend.userId]);

    const deaf = await world.open();
    deaf.send(helloOf(friend, world.port, await tokenOf(friend, ['messages:write', 'people:read'])));
    expect((await deaf.closed).code).toBe(CLOSE_CODES.unauthenticated.code);

    const client = await world.open();
    client.send(helloOf(friend, world.port, await tokenOf(friend, ['messages:read'])));
    await client.until((frame) => frame.type === 'ready');
    world.logs.say(id, alice.userId, 'hello');
    await client.heard(2, id);
  });

  it('that may only listen does not show that it types', async () => {
    const alice = someone();
    const [listener, writer] = [someone(), someone()].map((one) => ({ ...one, organizationId: alice.organizationId }));
    const people = [alice, listener, writer] as Someone[];
    const id = world.logs.create(
      alice.organizationId,
      people.map(({ userId }) => userId),
      'group',
    );
    const hears = await world.join(alice);
    for (const [bot, scopes] of [
      [listener, ['messages:read']],
      [writer, ['messages:read', 'messages:write']],
    ] as [Someone, Scope[]][]) {
      const client = await world.open();
      client.send(helloOf(bot, world.port, await tokenOf(bot, scopes)));
      await client.until((frame) => frame.type === 'ready');
      client.send({ type: 'typing', conversationId: id });
    }

    const shown = await hears.until((frame) => frame.type === 'typing');

    expect(shown).toMatchObject({ userId: writer?.userId });
    expect(hears.frames.filter(({ type }) => type === 'typing')).toHaveLength(1);
  });
});
