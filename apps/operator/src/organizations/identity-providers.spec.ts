import { eventually } from '../../test/eventually.js';
import { SECRETS } from '../../test/objects-world.js';
import { OrganizationWorld } from '../../test/organization-world.js';
import { ownServers } from '../../test/own-servers.js';
import { TestTerm } from '../../test/test-term.js';

const MERGE = 'application/merge-patch+json';
const entra = {
  ...{ name: 'entra', issuer: 'https://login.example/v2.0', clientId: 'relais', mayCreatePeople: true },
  redirectUris: ['https://app.example/back'],
};
const withSecret = { ...entra, clientSecretRef: { name: 'entra-client', key: 'secret' } };
const servers = ownServers();
afterAll(() => servers.close());

describe('the identity providers of an organization', () => {
  let world: OrganizationWorld;
  beforeEach(async () => {
    world = await OrganizationWorld.open(servers);
  });
  afterEach(() => world.close());

  const begin = (...identityProviders: object[]) => world.make('acme', { identityProviders });
  const only = () => [...world.own.providers.values()][0];
  const secretIs = (text: string) => ({ data: { secret: Buffer.from(text).toString('base64') } });
  const makeSecret = (text: string) =>
    world.ask('POST', SECRETS, {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'entra-client' }, ...secretIs(text) },
    });
  const puts = () => world.own.log.filter((line) => line.startsWith('put'));

  it('are put as they are said, with the secret of the Secret that is named, once, also by the next leader', async () => {
    await makeSecret('s3cret\n');
    const first = world.lead();
    await begin(withSecret);
    await world.becomes('AsSaid', 'acme');
    await first.end();
    world.lead(new TestTerm(2));
    await world.looks();

    expect(puts()).toEqual(['put entra']);
    expect(only()).toMatchObject({
      settings: { name: 'entra', issuer: entra.issuer, clientId: 'relais', mayCreatePeople: true, linksByEmail: false },
      clientSecret: 's3cret',
    });
    const { status } = await world.read('acme');
    expect(status.identityProviders).toMatchObject([{ name: 'entra', id: only()?.id }]);
    expect(JSON.stringify(status)).not.toContain('s3cret');
  });

  it('get another secret when the Secret has one', async () => {
    await makeSecret('old');
    world.lead();
    await begin(withSecret);
    await world.becomes('AsSaid', 'acme');
    await world.ask('PATCH', `${SECRETS}/entra-client`, secretIs('new'), MERGE);
    await eventually(() => only()?.clientSecret === 'new');
  });

  it('are said again where somebody has changed them', async () => {
    world.lead();
    await begin(entra);
    await world.becomes('AsSaid', 'acme');
    const found = only()!;
    world.own.providers.set(found.id, { ...found, settings: { ...found.settings, linksByEmail: true } });
    await eventually(() => only()?.settings.linksByEmail === false);

    expect(puts()).toEqual(['put entra', 'put entra']);
  });

  it('are switched off and not deleted when they are named no more, and on again under the same id', async () => {
    world.lead();
    await begin(entra);
    await world.becomes('AsSaid', 'acme');
    const { id, settings } = only()!;
    world.own.providers.set(id, { ...only()!, settings: { ...settings, linksByEmail: true } });
    await world.change('acme', { identityProviders: null });
    await eventually(() => only()?.settings.enabled === false);
    expect(only()?.settings.linksByEmail).toBe(false);
    await world.remove('acme');
    await begin(entra);
    await eventually(() => only()?.settings.enabled === true);

    expect([...world.own.providers.keys()]).toEqual([id]);
  });

  it('wait for a Secret that is not there, and for each other not at all', async () => {
    world.lead();
    await begin(withSecret, { ...entra, name: 'other' });
    await world.becomes('SecretMissing', 'acme');

    expect(puts()).toEqual(['put other']);
    await makeSecret('s3cret');
    await world.becomes('AsSaid', 'acme');
    expect(puts()).toEqual(['put other', 'put entra']);
  });
});
