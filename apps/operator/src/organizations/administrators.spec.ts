import { AppError } from '@relais/kernel';
import { eventually } from '../../test/eventually.js';
import { SECRETS } from '../../test/objects-world.js';
import { OrganizationWorld } from '../../test/organization-world.js';
import { ownServers } from '../../test/own-servers.js';
import { TestTerm } from '../../test/test-term.js';
import type { InvitedAdministrator } from './organization.js';

const ada = { name: 'ada', email: 'ada@acme.example' };
const ben = { name: 'ben', email: 'ben@acme.example' };
const servers = ownServers();
afterAll(() => servers.close());

describe('the administrators of an organization', () => {
  let world: OrganizationWorld;
  beforeEach(async () => {
    world = await OrganizationWorld.open(servers);
  });
  afterEach(() => world.close());

  const all = async (): Promise<InvitedAdministrator[]> => (await world.read('acme'))['status']?.administrators ?? [];
  const of = async (name = 'ada') => (await all()).find((one) => one.name === name);
  const becomes = (state: string, name?: string) => eventually(async () => (await of(name))?.state === state);
  const secret = (name = 'ada') => world.secret(`acme-invitation-${name}`);
  const isOpen = ({ usedAt, expiresAt }: { usedAt?: string | undefined; expiresAt: string }) =>
    !usedAt && Date.parse(expiresAt) > Date.now();
  const open = () => [...world.own.invitations.values()].filter(isOpen).map(({ email }) => email);
  const begin = (...administrators: object[]) => world.make('acme', { administrators });

  it('are invited, each once, with the token in a Secret that goes with the organization', async () => {
    world.lead();
    const { metadata } = await begin(ada, ben);
    await world.becomes('AsSaid', 'acme');
    await world.looks();

    expect(world.own.log).toEqual([`invite ${ada.email}`, `invite ${ben.email}`]);
    const [first] = [...world.own.invitations.values()];
    expect(await secret()).toEqual({ token: first!.invitationToken, email: ada.email, expiresAt: first!.expiresAt });
    expect(await of()).toEqual({
      ...{ ...ada, state: 'Invited', invitationId: first!.id, expiresAt: first!.expiresAt },
      secret: 'acme-invitation-ada',
    });
    expect(JSON.stringify((await world.read('acme'))['status'])).not.toContain(first!.invitationToken);
    const made = await world.secretObject('acme-invitation-ada');
    expect(made?.['type']).toBe('relais.io/invitation');
    expect(made?.metadata['ownerReferences']).toMatchObject([{ kind: 'Organization', uid: metadata.uid }]);
  });

  it('are invited no more when they have accepted, also when they are taken out afterwards; the token goes', async () => {
    world.lead();
    await begin(ada);
    await becomes('Invited');
    expect(world.own.redeem((await secret())!['token']!)).toBe(true);
    await becomes('Accepted');
    // An owner removes the person.
    world.own.people.clear();
    world.own.invitations.clear();
    await world.looks();

    expect(await secret()).toEqual({ email: ada.email });
    expect(await of()).toEqual({ ...ada, state: 'Accepted' });
    expect(world.own.log).toEqual([`invite ${ada.email}`]);
  });

  it('are left as they are where somebody has the address already', async () => {
    world.own.people.add(ada.email);
    world.lead();
    await begin(ada);
    await becomes('Here');

    expect(await secret()).toBeUndefined();
    expect((await world.ready('acme')).status).toBe('True');
  });

  it('are invited again when their time was over, and when the Secret is gone; what was before is taken back', async () => {
    world.own.validMs = 1_500;
    world.lead();
    await begin(ada);
    await becomes('Invited');
    const first = (await secret())!['token']!;
    world.own.validMs = 86_400_000;
    await eventually(async () => (await secret())!['token'] !== first);
    const second = (await secret())!['token']!;
    await world.ask('DELETE', `${SECRETS}/acme-invitation-ada`);
    await eventually(async () => (await secret()) !== undefined && open().length === 1);

    expect(world.own.redeem(first)).toBe(false);
    expect(world.own.redeem(second)).toBe(false);
    expect(world.own.redeem((await secret())!['token']!)).toBe(true);
  });

  it('are invited no more when somebody has withdrawn the invitation, until they have another name or address', async () => {
    world.lead();
    await begin(ada);
    await becomes('Invited');
    world.own.invitations.clear();
    await becomes('Withdrawn');
    await world.looks();
    expect(world.own.log).toEqual([`invite ${ada.email}`]);
    await world.change('acme', { administrators: [{ ...ada, email: 'ada@example.org' }] });
    await becomes('Invited');

    expect(world.own.log).toEqual([`invite ${ada.email}`, 'invite ada@example.org']);
  });

  it('lose their invitation when they are named no more, and when the organization is', async () => {
    world.lead();
    await begin(ada, ben);
    await becomes('Invited', 'ben');
    await world.change('acme', { administrators: [ben] });
    await eventually(() => open().length === 1);
    expect(open()).toEqual([ben.email]);
    await world.remove('acme');
    await eventually(() => open().length === 0);

    // A look that was under way when the Secret went with the organization may have invited once more.
    const ends = world.own.log.filter((line) => line.startsWith('withdraw'));
    expect([...new Set(ends)]).toEqual([`withdraw ${ada.email}`, `withdraw ${ben.email}`]);
  });

  it('leave an empty Secret when they are named no more, whoever they were', async () => {
    world.lead();
    await begin(ada, ben);
    await becomes('Invited', 'ben');
    expect(world.own.redeem((await secret())!['token']!)).toBe(true);
    await becomes('Accepted');
    await world.change('acme', { administrators: null });
    await eventually(async () => (await all()).length === 0);

    expect([await secret('ada'), await secret('ben')]).toEqual([{}, {}]);
  });

  it('lose their invitation also where their Secret cannot be emptied, which is done when it can', async () => {
    world.lead();
    await begin(ada);
    await becomes('Invited');
    world.server.order({ method: 'PATCH', path: /secrets\/acme-invitation-ada$/, code: 403 });
    await world.change('acme', { administrators: null });
    await eventually(() => open().length === 0);
    expect((await world.ready('acme')).reason).toBe('SecretForbidden');
    world.server.heal();
    await eventually(async () => (await all()).length === 0);

    expect(await secret()).toEqual({});
  });

  it('keep their invitation where the organizations cannot be read', async () => {
    const first = world.lead();
    await begin(ada);
    await becomes('Invited');
    await first.end();
    world.server.order({ method: 'GET', path: /organizations$/, code: 403 });
    const { lists } = world.own;
    const { end } = world.lead(new TestTerm(2));
    await eventually(() => world.own.lists > lists + 3);
    await end();

    expect(open()).toEqual([ada.email]);
  });

  it.each([
    ['before the Secret was written', { method: 'PATCH', path: /secrets\/acme-invitation-ada$/, code: 500 }],
    ['before the status was written', { method: 'PUT', path: /organizations\/acme\/status$/, code: 500 }],
  ])('have one invitation in the end, where a leader ended %s', async (_, fault) => {
    await begin(ada);
    // The trial of the first look goes through.
    if (fault.method === 'PATCH') world.server.order({ method: 'PATCH', path: fault.path, latencyMs: 0, times: 1 });
    world.server.order(fault);
    const { end } = world.lead();
    await eventually(() => world.own.log.length >= 1);
    await end();
    world.server.heal();
    world.lead(new TestTerm(2));
    await becomes('Invited');
    await eventually(() => open().length === 1);

    expect(world.own.redeem((await secret())!['token']!)).toBe(true);
  });

  it('do not wait for each other: what fails with one is said, and the others are invited', async () => {
    const invite = world.own.invite.bind(world.own);
    world.own.invite = (email) =>
      email === ada.email ? Promise.reject(new AppError('conflict', 'too_many_invitations')) : invite(email);
    world.lead();
    await begin(ada, ben);
    await becomes('Invited', 'ben');

    await world.becomes('TooManyInvitations', 'acme');
    expect(await all()).toHaveLength(1);
    world.own.invite = invite;
    await becomes('Invited', 'ada');
    expect(world.own.log).toEqual([`invite ${ben.email}`, `invite ${ada.email}`]);
  });

  it('take no Secret of somebody else: nobody is invited then', async () => {
    await world.ask('POST', `${SECRETS}?fieldManager=kubectl`, {
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'relais.io/invitation', metadata: { name: 'acme-invitation-ada' } },
      data: { token: 'eA==' },
    });
    world.lead();
    await begin(ada);
    await world.becomes('SecretTaken', 'acme');

    expect(world.own.log).toEqual([]);
  });
});
