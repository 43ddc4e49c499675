import {
  acceptInvitation,
  addBotKey,
  type Bot,
  createInvitation,
  listInvitations,
  MAX_OPEN_INVITATIONS_OF_BOT,
  revokeInvitation,
  type Scope,
  updateBot,
} from '@relais/contracts';
import { newId, type PoolId } from '@relais/kernel';
import type { z } from 'zod';
import { aBot, aKey, type TestKey, tokenFor } from './bot.js';
import { as } from './factors.js';
import { factsOf } from './facts.js';
import { aDevice, aPerson } from './person.js';
import { aMember, anOrganization, codeOf, type Member, startWorld, type World } from './world.js';

const SCOPE: Scope = 'administrators:invite';
const DAY_MS = 86_400_000;

describe('invitations of bots (A-44)', () => {
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
    ({ bot, key } = await aBot(world, owner, [SCOPE]));
  });

  const asBot = async (which = bot, its = key) => ({ token: (await tokenFor(world, which, its)).accessToken });
  const invite = async (more: Partial<z.input<typeof createInvitation.input>> = {}, by?: { token: string }) =>
    world.bus.request(
      createInvitation,
      { role: 'admin', email: 'ada@brigade.example', ...more },
      by ?? (await asBot()),
    );
  const accept = (invitationToken: string, email = 'ada@brigade.example') => {
    const command = { invitationToken, ...aPerson(), email, device: aDevice().device };
    return world.bus.request(acceptInvitation, command);
  };

  it('make administrators of those whom they name, and are facts with the bot as their actor', async () => {
    const { id, invitationToken, expiresAt, isForAddress, invitedBy } = await invite();

    expect([isForAddress, invitedBy]).toEqual([true, bot.id]);
    expect(Date.parse(expiresAt) - world.clock.now().getTime()).toBeLessThanOrEqual(DAY_MS);
    expect((await accept(invitationToken)).roles).toEqual(['admin']);
    const made = (await factsOf(world, 'invitation.made')).find(({ object }) => object.id === id);
    expect(made).toMatchObject({ actor: { id: bot.id }, after: { role: 'admin', isForAddress: true } });
    const accepted = (await factsOf(world, 'invitation.accepted')).find(({ object }) => object.id === id);
    expect(accepted).toMatchObject({ onBehalfOf: { id: bot.id }, after: { role: 'admin' } });
    expect(JSON.stringify([made, accepted])).not.toContain('ada@');
  });

  it('are good once, and for nobody but whose address it is, however it is written', async () => {
    const { invitationToken } = await invite();

    expect(await codeOf(accept(invitationToken, 'mallory@brigade.example'))).toBe('invitation_for_another');
    expect(await codeOf(accept(invitationToken, 'Ada@Brigade.example'))).toBe('ok');
    expect(await codeOf(accept(invitationToken))).toBe('invitation_refused');
  });

  it.each<[string, string, Partial<z.input<typeof createInvitation.input>>]>([
    ['to be an owner', 'forbidden', { role: 'owner' }],
    ['into pools', 'forbidden', { poolIds: [newId<PoolId>()] }],
    ['without an address', 'email_required', { email: undefined as never }],
    ['for longer than a day', 'invalid_request', { validSeconds: 86_401 }],
  ])('are never %s', async (_, code, more) => {
    const { email, ...rest } = { email: 'ada@brigade.example', ...more };

    expect(await codeOf(invite({ ...rest, ...(email === undefined ? { email: undefined } : { email }) }))).toBe(code);
  });

  it('are not made for who is here already', async () => {
    const { person } = await aMember(world, owner);

    expect(await codeOf(invite({ email: person.email }))).toBe('email_taken');
  });

  it.each<[string, (which: Bot) => Promise<unknown>]>([
    ['is disabled', (which) => world.bus.request(updateBot, { botId: which.id, state: 'disabled' }, as(owner))],
    ['has lost the scope', (which) => world.bus.request(updateBot, { botId: which.id, scopes: [] }, as(owner))],
  ])('are refused when the bot %s', async (_, change) => {
    const { invitationToken } = await invite();
    await change(bot);

    expect(await codeOf(accept(invitationToken))).toBe('invitation_refused');
  });

  it('are refused when their time is over', async () => {
    const { invitationToken } = await invite();
    world.clock.advance(DAY_MS);

    expect(await codeOf(accept(invitationToken))).toBe('invitation_refused');
  });

  it('are all that the bot sees and takes back of invitations; people see and take back all', async () => {
    const mine = await invite();
    const theirs = await invite({ email: 'ben@brigade.example' }, as(owner));
    const list = async (by: { token: string }) =>
      (await world.bus.request(listInvitations, {}, by)).items.map(({ id }) => id);
    const revoke = (invitationId: typeof mine.id, by: { token: string }) =>
      codeOf(world.bus.request(revokeInvitation, { invitationId }, by));

    expect(await list(await asBot())).toEqual([mine.id]);
    expect(new Set(await list(as(owner)))).toEqual(new Set([mine.id, theirs.id]));
    expect(await revoke(theirs.id, await asBot())).toBe('invitation_not_found');
    expect(await revoke(mine.id, await asBot())).toBe('ok');
    const another = await invite();
    expect(await revoke(another.id, as(owner))).toBe('ok');
    expect(await codeOf(accept(another.invitationToken))).toBe('invitation_refused');
  });

  it('are so many at a time, of many that are made at once', async () => {
    const by = await asBot();
    const all = Array.from({ length: MAX_OPEN_INVITATIONS_OF_BOT + 4 }, (_, at) => `p${at}@brigade.example`);
    const codes = await Promise.all(all.map((email) => codeOf(invite({ email }, by))));

    expect(codes.filter((code) => code === 'ok')).toHaveLength(MAX_OPEN_INVITATIONS_OF_BOT);
    expect(codes.filter((code) => code === 'too_many_invitations')).toHaveLength(4);
  });

  it('are made by no bot that has not the scope', async () => {
    const { bot: plain, key: its } = await aBot(world, owner, ['people-quota:write', 'people:read']);

    expect(await codeOf(invite({}, await asBot(plain, its)))).toBe('scope_missing');
    expect(await codeOf(world.bus.request(listInvitations, {}, await asBot(plain, its)))).toBe('scope_missing');
  });

  it('are let be made by an owner alone, who gives the scope, or a key to a bot that has it', async () => {
    const administrator = await aMember(world, owner, 'admin');
    const { bot: plain } = await aBot(world, administrator, []);
    const { publicKey } = aKey();

    expect(await codeOf(aBot(world, administrator, [SCOPE]))).toBe('forbidden');
    const more = world.bus.request(updateBot, { botId: plain.id, scopes: [SCOPE] }, as(administrator));
    expect(await codeOf(more)).toBe('forbidden');
    expect(await codeOf(world.bus.request(addBotKey, { botId: bot.id, publicKey }, as(administrator)))).toBe(
      'forbidden',
    );
    expect(await codeOf(world.bus.request(updateBot, { botId: plain.id, scopes: [SCOPE] }, as(owner)))).toBe('ok');
    // Taking it away is no gift.
    expect(await codeOf(world.bus.request(updateBot, { botId: plain.id, scopes: [] }, as(administrator)))).toBe('ok');
  });
});
