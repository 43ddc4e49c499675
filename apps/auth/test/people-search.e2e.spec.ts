import {
  acceptInvitation,
  type BotAudience,
  createBot,
  createInvitation,
  createPool,
  listUsers,
  type Permission,
  putRole,
  assignRole,
  removeUser,
  setBotAudience,
  updateBot,
  updateUser,
  type User,
} from '@relais/contracts';
import { newId, type PoolId, type RoleId, type UserId } from '@relais/kernel';
import { aKey, tokenFor } from './bot.js';
import { aDevice, aPerson } from './person.js';
import { unfindable } from './unfindable.js';
import { anOrganization, codeOf, type Member, startWorld, type World } from './world.js';

const as = ({ tokens }: Member) => ({ token: tokens.accessToken });
const idOf = ({ tokens }: Member): UserId => tokens.userId;

describe('a search for people', () => {
  let world: World;
  let owner: Member;
  let ann: Member;
  let annika: Member;
  let ben: Member;

  beforeAll(async () => {
    world = await startWorld();
    owner = await anOrganization(world);
    ann = await called('Ann Müller');
    annika = await called('Annika Groß-Müllenhoff');
    ben = await called('Ben Ångström');
  });
  afterAll(() => world.close());

  const called = async (displayName: string): Promise<Member> => {
    const { invitationToken } = await world.bus.request(createInvitation, { role: 'member' }, as(owner));
    const [person, on] = [{ ...aPerson(), displayName }, aDevice()];
    const tokens = await world.bus.request(acceptInvitation, { invitationToken, ...person, device: on.device });
    return { handle: owner.handle, person, tokens, on };
  };
  const page = (search: string, by = ben, more: { limit?: number; cursor?: string } = {}) =>
    world.bus.request(listUsers, { search, ...more }, as(by));
  const found = async (search: string, by = ben) => (await page(search, by)).items.map(({ id }) => id);
  const rename = ({ tokens }: Member, displayName: string) =>
    world.bus.request(updateUser, { userId: tokens.userId, displayName }, as(owner));

  it('finds whose names have a beginning for each word, whatever the case, the accents and the order', async () => {
    expect(await found('ann')).toEqual([ann, annika].map(idOf));
    expect(await found('ANN mül')).toEqual([ann, annika].map(idOf));
    expect(await found('muller ann')).toEqual([idOf(ann)]);
    expect(await found('gross')).toEqual([idOf(annika)]);
    expect(await found('angstrom')).toEqual([idOf(ben)]);
    expect(await found('üller')).toEqual([]);
  });

  it('shows members id and name, administrators the rest (A-62)', async () => {
    const [toMember, toOwner] = [await page('ann mü'), await page('ann mü', owner)];

    for (const item of toMember.items) expect(Object.keys(item).toSorted()).toEqual(['displayName', 'id']);
    expect(toOwner.items.map(({ id, role, state }) => [id, role, state])).toEqual(
      [ann, annika].map((one) => [idOf(one), 'member', 'active']),
    );
  });

  it('takes a single letter beside a longer word, and compares words longer than what is looked up to the end', async () => {
    const long = await called('Maximilianus Donaudampfschifffahrt');

    expect(await found('ann g')).toEqual([idOf(annika)]);
    expect(await found('donaudampfschiff')).toEqual([idOf(long)]);
    expect(await found('donaudampfschiffer')).toEqual([]);
  });

  it('goes on page by page, also after a page on which nobody is left', async () => {
    const first = await page('ann g', ben, { limit: 1 });
    const second = await page('ann g', ben, { limit: 1, cursor: first.next as string });

    expect(first).toMatchObject({ items: [], next: expect.any(String) });
    expect(second).toEqual({ items: [{ id: idOf(annika), displayName: 'Annika Groß-Müllenhoff' }] });
  });

  it('finds people by the name they have, at once, and nobody who was removed', async () => {
    const somebody = await called('Quentin Quast');
    const before = await found('quentin');
    await rename(somebody, 'Xaver Quast');
    const after = [await found('quentin'), await found('xaver'), await found('quast')];
    await world.bus.request(removeUser, { userId: idOf(somebody) }, as(owner));

    expect([before, after]).toEqual([[idOf(somebody)], [[], [idOf(somebody)], [idOf(somebody)]]]);
    expect(await found('quast', owner)).toEqual([]);
  });

  it('shows who was disabled to whoever sees their details, and to nobody else', async () => {
    const somebody = await called('Yolanda Yilmaz');
    const [north, id] = [newId<PoolId>(), newId<RoleId>()];
    await world.bus.request(createPool, { id: north, name: 'North' }, as(owner));
    const permissions: Permission[] = ['see_details'];
    await world.bus.request(putRole, { id, name: 'Reader', permissions }, as(owner));
    await world.bus.request(assignRole, { roleId: id, userId: idOf(ann), poolId: north }, as(owner));
    await world.bus.request(updateUser, { userId: idOf(somebody), state: 'disabled' }, as(owner));

    expect((await page('yolanda', owner)).items as User[]).toMatchObject([{ id: idOf(somebody), state: 'disabled' }]);
    expect([await found('yolanda'), await found('yolanda', ann)]).toEqual([[], []]);
  });

  it('finds nobody of another organization', async () => {
    const stranger = await anOrganization(world);
    await world.bus.request(updateUser, { userId: idOf(stranger), displayName: 'Ann Müller' }, as(stranger));

    expect(await found('ann', stranger)).toEqual([idOf(stranger)]);
    expect(await found('ann')).toEqual([ann, annika].map(idOf));
  });

  it.each(['', ' ', 'a', 'a b', '!', '%%__', '\u0000\u001b', '🚒🔥', '\u202e\u200f', '\u0301\u0301'])(
    'needs two letters or digits of one word: not %j',
    async (search) => {
      expect(await codeOf(page(search))).toBe('search_too_short');
    },
  );

  it.each([
    ['longer than a name may be', 'x'.repeat(257)],
    ['of ten thousand words', 'ann '.repeat(10_000)],
    ['no whole characters', 'ann\ud800'],
  ])('is refused when it is %s', async (_, search) => {
    expect(await codeOf(page(search))).toBe('invalid_request');
  });

  it('gives no character the meaning it has for a database', async () => {
    expect(await found('an%')).toEqual(await found('an'));
    expect(await found("ann'; DROP TABLE app_user --")).toEqual([]);
    expect([await found('mü%er'), await found('mu_ler ann'), await found('aa '.repeat(80))]).toEqual([[], [], []]);
  });

  it('reads what is written from right to left, in pieces, or in Turkish, as it is seen', async () => {
    const [moshe, inci, kim] = [await called('משה כהן'), await called('İNCİ IŞIK'), await called('김민수')];

    expect(await found('\u202bמֹשֶׁה\u202c')).toEqual([idOf(moshe)]);
    expect([await found('inci isik'), await found('İnci ışık')]).toEqual([[idOf(inci)], [idOf(inci)]]);
    expect([await found('김'), await found('A\u030angstro\u0308m')]).toEqual([[idOf(kim)], [idOf(ben)]]);
  });

  describe('that bots have to do with', () => {
    const aBotFor = async (displayName: string, audience: BotAudience[]) => {
      const key = aKey();
      const draft = { displayName, scopes: ['people:read' as const], publicKey: key.publicKey };
      const bot = await world.bus.request(createBot, draft, as(owner));
      await world.bus.request(setBotAudience, { botId: bot.id, audience }, as(owner));
      return { bot, token: (await tokenFor(world, bot, key)).accessToken };
    };

    it('finds a bot for whom it was granted to, shown as one, by the name it has', async () => {
      const { bot } = await aBotFor('Weather', [{ userId: idOf(ann) }]);
      await world.bus.request(updateBot, { botId: bot.id, displayName: 'Storm warnings' }, as(owner));

      expect((await page('storm', ann)).items).toEqual([{ id: bot.id, displayName: 'Storm warnings', isBot: true }]);
      expect([await found('weather', ann), await found('storm', ben), await found('storm', owner)]).toEqual([
        [],
        [],
        [],
      ]);
    });

    it('finds for a bot the people of its audience only', async () => {
      const { token } = await aBotFor('Finder', [{ userId: idOf(ann) }]);

      const { items } = await world.bus.request(listUsers, { search: 'ann' }, { token });

      expect(items.map(({ id }) => id)).toEqual([idOf(ann)]);
    });
  });

  it('knows everybody by the name they have', async () => {
    expect(await unfindable(world, owner)).toEqual([]);
  });
});
