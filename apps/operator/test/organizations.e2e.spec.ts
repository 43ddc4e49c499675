import { jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { type Bot, ROUTES } from '@relais/contracts';
import type { ApiObject } from '@relais/kube-api';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import { DeviceKey, type RelaisSession } from '@relais/sdk';
import { ADMIN, PASSWORD, Slapd, SUFFIX } from '@relais/testing';
import { Acme, device, newPassword } from './acme.js';
import { eventually } from './eventually.js';
import { SECRETS } from './objects-world.js';
import { ownServers } from './own-servers.js';
import { World } from './world.js';

const START_MS = 120_000;
jest.setTimeout(START_MS);

const ORGANIZATIONS = '/apis/relais.io/v1alpha1/namespaces/relais/organizations';
const MERGE = 'application/merge-patch+json';
/** As the chart runs it; a budget, so it is the same on every machine. */
const MEMORY = { NODE_OPTIONS: '--max-old-space-size=179 --max-semi-space-size=1', MALLOC_ARENA_MAX: '1' };
const MAX_RSS_MIB = 96;

const servers = ownServers();

describe('an organization as an object', () => {
  let relais: Acme;
  let owner: RelaisSession;
  let bot: Bot;
  let world: World;

  beforeAll(async () => {
    relais = await Acme.found('organizations', [
      ...(['people-quota:write', 'administrators:invite', 'identity-sources:write', 'message-keeping:write'] as const),
    ]);
    ({ owner, bot } = relais);
    world = await World.open(servers);
  }, START_MS);

  afterAll(async () => {
    await world?.close();
    await relais?.close();
    await servers.close();
  }, START_MS);

  const operator = () =>
    world.start({
      ...MEMORY,
      SURGE_POLICY: '',
      ORGANIZATIONS: JSON.stringify({
        ...{
          url: relais.gateway,
          members: [{ namespace: 'relais', botFile: relais.botFile, mayInvite: true, mayProvide: true }],
        },
      }),
    });
  const acme = () => world.ask('GET', `${ORGANIZATIONS}/acme`);
  const change = (spec: object): Promise<ApiObject> => world.ask('PATCH', `${ORGANIZATIONS}/acme`, { spec }, MERGE);
  const isReady = async () => (await acme())['status']?.conditions?.[0]?.status === 'True';
  async function accept(invitationToken: string, email: string): Promise<string> {
    const person = { email, displayName: 'Somebody', password: newPassword() };
    const on = { ...device(), publicKey: DeviceKey.generate().publicKey };
    return relais
      .stranger()
      .call(ROUTES.acceptInvitation, { invitationToken, ...person, device: on })
      .then(
        ({ roles }) => roles.join(),
        (error: { code?: string }) => String(error.code),
      );
  }
  const joins = async (email: string) => accept((await owner.call(ROUTES.invite, {})).invitationToken, email);
  async function tokenOf(name: string): Promise<string> {
    const found = (await world.api.all('secrets')).find(({ metadata }) => metadata.name === `acme-invitation-${name}`);
    return Buffer.from(String(found!['data'].token), 'base64').toString();
  }
  const stateOf = async (name: string): Promise<string | undefined> =>
    (await acme())['status']?.administrators?.find((one: { name: string }) => one.name === name)?.state;

  it('has as many people as it says, and says how many there are (D12)', async () => {
    const first = await operator();
    await world.ask('POST', ORGANIZATIONS, {
      ...{ apiVersion: 'relais.io/v1alpha1', kind: 'Organization', metadata: { name: 'acme' } },
      spec: { maxPeople: 2 },
    });
    await eventually(isReady);
    const rssMiB = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${first.pid}/status`, 'utf8'))?.[1]) / 1_024;
    process.stdout.write(`the operator takes ${rssMiB.toFixed(0)} MiB with Organizations\n`);

    expect(rssMiB).toBeLessThanOrEqual(MAX_RSS_MIB);
    expect(await owner.call(ROUTES.readPeopleQuota, {})).toMatchObject({ maxPeople: 2, people: 1, updatedBy: bot.id });
    expect(await joins('ada@acme.example')).toBe('member');
    expect(await joins('ben@acme.example')).toBe('people_limit_reached');

    // The next leader goes on.
    await first.end('SIGKILL');
    await operator();
    await change({ maxPeople: 3 });
    await eventually(async () => (await acme())['status'].people.max === 3);
    expect((await acme())['status'].people).toMatchObject({ active: 2, max: 3 });
    expect(await joins('ben@acme.example')).toBe('member');
  });

  it('has the identity providers that it names, as the bot’s own, and switches off what it names no more', async () => {
    const entra = { name: 'entra', issuer: 'https://login.example/v2.0', clientId: 'relais', mayCreatePeople: true };
    const only = async () => (await owner.call(ROUTES.listIdentityProviders, {})).items[0];
    await change({ identityProviders: [{ ...entra, redirectUris: ['https://app.example/back'] }] });
    await eventually(async () => (await only()) !== undefined);

    expect(await only()).toMatchObject({ madeBy: bot.id, settings: { issuer: entra.issuer, mayCreatePeople: true } });
    await change({ identityProviders: null });
    await eventually(async () => (await only())?.settings.enabled === false);
  });

  it('brings in the people of the directories that it names, as members, and lets them stay when it names them no more', async () => {
    const slapd = await Slapd.start([{ uid: 'ida' }, { uid: 'ben' }], {}, { certifiedFor: 'IP:127.0.0.1' });
    await world.ask('POST', SECRETS, {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'staff' } },
      data: { password: Buffer.from(PASSWORD).toString('base64') },
    });
    const staff = {
      ...{ name: 'staff', urls: [slapd.url], startTls: true, caPem: slapd.caPem, bindDn: ADMIN },
      bindPasswordRef: { name: 'staff', key: 'password' },
      people: { base: `ou=people,${SUFFIX}`, filter: '(objectClass=inetOrgPerson)' },
    };
    const only = async () => {
      // A person may not ask as often as a test would.
      await new Promise((resolve) => setTimeout(resolve, 500));
      return (await owner.call(ROUTES.listDirectories, {})).items[0];
    };
    try {
      await change({ maxPeople: 0, directories: [staff] });
      await eventually(async () => (await only())?.lastRun?.state === 'applied', 90_000);

      expect(await only()).toMatchObject({ madeBy: bot.id, people: 2, lastRun: { creates: 2, applied: 2 } });
      const came = (await owner.call(ROUTES.listUsers, { limit: 50 })).items.filter(({ displayName }) =>
        displayName.startsWith('Person '),
      );
      expect(came.map(({ role, state }) => [role, state])).toEqual([
        ['member', 'active'],
        ['member', 'active'],
      ]);
      await eventually(async () => (await acme())['status'].directories?.[0]?.lastRun?.applied === 2, 90_000);
      await change({ directories: null });
      await eventually(async () => (await only())?.settings.enabled === false);
      expect(await only()).toMatchObject({ people: 2 });
    } finally {
      await slapd.stop();
    }
  });

  it('keeps messages as long as it says, and each says when it ends', async () => {
    const group = await owner.call(ROUTES.createConversation, {
      ...{ id: newId<ConversationId>(), kind: 'group', memberIds: [], title: 'Shift' },
    });
    await owner.call(ROUTES.append, {
      ...{ conversationId: group.id, id: newId<EntryId>(), kind: 'message', body: { text: 'on my way' } },
    });
    await change({ messages: { keepDays: 90, keyDays: 7 } });
    await eventually(async () => (await acme())['status'].messages?.keepDays === 90);

    expect(await owner.call(ROUTES.readMessageKeeping, {})).toMatchObject({
      ...{ keepDays: 90, keyDays: 7, updatedBy: bot.id },
    });
    expect((await acme())['status'].messages).toMatchObject({ hidden: { messages: 0, conversations: 0 } });
    const { entries } = await owner.call(ROUTES.listEntries, { conversationId: group.id });
    const [said] = entries.filter(({ kind }) => kind === 'message');
    expect(said).toMatchObject({ body: { text: 'on my way' }, expiresAt: expect.any(String) });
    expect(await owner.call(ROUTES.previewMessageKeeping, { keepDays: 1 })).toMatchObject({ messages: 0 });
  });

  it('invites the administrators that it names, each once, by address, and says who has come', async () => {
    await change({ maxPeople: 0, administrators: [{ name: 'cora', email: 'cora@acme.example' }] });
    await eventually(async () => (await stateOf('cora')) === 'Invited');
    const token = await tokenOf('cora');

    expect(await accept(token, 'mallory@acme.example')).toBe('invitation_for_another');
    expect(await accept(token, 'cora@acme.example')).toBe('admin');
    expect(await accept(token, 'cora@acme.example')).toBe('invitation_refused');
    await eventually(async () => (await stateOf('cora')) === 'Accepted', 90_000);

    await change({ administrators: [{ name: 'dora', email: 'dora@acme.example' }] });
    await eventually(async () => (await stateOf('dora')) === 'Invited');
    await owner.call(ROUTES.updateBot, { botId: bot.id, scopes: ['people-quota:write'] });
    expect(await accept(await tokenOf('dora'), 'dora@acme.example')).toBe('invitation_refused');
  });
});
