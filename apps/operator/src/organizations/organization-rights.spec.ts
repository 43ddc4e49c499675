import type { RealKubeApi } from '@relais/kube-api';
import { SECRETS } from '../../test/objects-world.js';
import { OrganizationWorld } from '../../test/organization-world.js';
import { ownServers, refused, withRights } from '../../test/own-servers.js';
import { TestTerm } from '../../test/test-term.js';
import { KubernetesApi } from '../kubernetes/kubernetes-api.js';

const ORGANIZATION_OF_RELAIS = [
  ...['enabled=true', 'members[0].namespace=relais', 'members[0].existingSecret=bot', 'members[0].mayInvite=true'],
  ...['members[0].mayProvide=true', 'members[0].clientSecrets={entra-client}'],
].map((one) => `operator.organizations.${one}`);
const ADA = { name: 'ada', email: 'ada@acme.example' };
const ENTRA = {
  ...{ name: 'entra', issuer: 'https://login.example/v2.0', clientId: 'relais' },
  ...{ redirectUris: ['https://app.example/back'], clientSecretRef: { name: 'entra-client', key: 'secret' } },
};
const servers = ownServers();
afterAll(() => servers.close());

describe('the rules of the cluster for organizations', () => {
  let world: OrganizationWorld;
  beforeEach(async () => {
    world = await OrganizationWorld.open(servers);
  });
  afterEach(() => world.close());

  const itReal = servers.isReal ? it : it.skip;
  itReal(
    'let the operator do its work with the rights of its account in the chart, and list no Secret (C4)',
    async () => {
      const account = await withRights(world.server as RealKubeApi, world.ask.bind(world), ORGANIZATION_OF_RELAIS);
      const own = await KubernetesApi.open({
        ...{ url: account.KUBERNETES_URL!, credentials: account.KUBERNETES_CREDENTIALS!, timeoutMs: 2_000 },
      });
      const leader = world.lead(new TestTerm(1), own);
      await world.ask('POST', SECRETS, {
        ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'entra-client' }, data: { secret: 'c2VjcmV0' } },
      });
      await world.make('acme', { maxPeople: 500, administrators: [ADA], identityProviders: [ENTRA] });
      await world.becomes('AsSaid', 'acme');
      expect((await world.secret('acme-invitation-ada'))?.['email']).toBe(ADA.email);
      expect([...world.own.providers.values()]).toMatchObject([{ clientSecret: 'secret' }]);
      await world.told('Normal AsSaid');

      await expect(own.list(SECRETS)).rejects.toMatchObject({ code: 403 });
      await leader.end();
      own.close();
    },
  );

  itReal('refuse what the schema or its rules say no to', async () => {
    await world.make('acme', { maxPeople: 5 });
    expect(await refused(world.make('a', { maxPeople: -1 }))).toMatch(/maxPeople/);
    expect(await refused(world.make('b', { maxPeople: 'many' }))).toMatch(/maxPeople/);
    expect(await refused(world.change('acme', { maxPeople: null }))).toMatch(/maxPeople cannot be taken out/);
    expect(await refused(world.change('acme', { maxPeople: 0 }))).toBe('taken');
    const staff = { name: 'staff', urls: ['ldaps://dir.example'], people: { base: 'dc=example' } };
    const directory = (more: object) => refused(world.change('acme', { directories: [{ ...staff, ...more }] }));
    expect(await directory({ urls: ['ldap://dir.example'] })).toMatch(/needs startTls/);
    expect(await directory({ bindPasswordRef: { name: 'x', key: 'y' } })).toMatch(/needs bindDn/);
    expect(await directory({ everyMinutes: 59 })).toMatch(/everyMinutes/);
    expect(await directory({ brake: { percent: 11 } })).toMatch(/percent/);
    expect(await directory({ urls: ['http://dir.example'] })).toMatch(/urls/);
    expect(await directory({ urls: ['ldap://dir.example'], startTls: true })).toBe('taken');
    const messages = (wanted: object | null) => refused(world.change('acme', { messages: wanted }));
    expect(await messages({ keepDays: 36_501 })).toMatch(/keepDays/);
    expect(await messages({ keyDays: 32 })).toMatch(/keyDays/);
    expect(await messages({ keepDays: 90, keyDays: 7 })).toBe('taken');
    expect(await messages({ keepDays: 90, keyDays: null })).toMatch(/cannot be taken out/);
    expect(await messages(null)).toMatch(/messages cannot be taken out/);
    expect(await messages({ keepDays: 0, keyDays: 0 })).toBe('taken');
    const named = (...administrators: object[]) => refused(world.change('acme', { administrators }));
    expect(await named(ADA, { name: 'ben', email: ADA.email })).toMatch(/names an address twice/);
    expect(await named({ name: 'Ada', email: ADA.email })).toMatch(/name/);
    expect(await named({ name: 'ada', email: 'nobody' })).toMatch(/email/);
    expect(await named(ADA, { name: 'ben', email: 'ben@acme.example' })).toBe('taken');
    expect(await refused(world.make('a'.repeat(151), {}))).toMatch(/longer than 150/);
    const unsafe = { ...ENTRA, issuer: 'ldap://login.example' };
    expect(await refused(world.change('acme', { identityProviders: [unsafe] }))).toMatch(/issuer/);
  });
});
