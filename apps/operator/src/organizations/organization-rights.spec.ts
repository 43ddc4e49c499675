import type { RealKubeApi } from '@relais/kube-api';
import { eventually } from '../../test/eventually.js';
import { SECRETS } from '../../test/objects-world.js';
import { OrganizationWorld } from '../../test/organization-world.js';
import { ownServers, withRights } from '../../test/own-servers.js';
import { TestTerm } from '../../test/test-term.js';
import { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import type { KubernetesError } from '../kubernetes/objects.js';

const ORGANIZATION_OF_RELAIS = [
  ...['enabled=true', 'members[0].namespace=relais', 'members[0].existingSecret=bot'],
].map((one) => `operator.organizations.${one}`);
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
    'let the operator do its work with the rights of its account in the chart, and read no Secret (C4)',
    async () => {
      const account = await withRights(world.server as RealKubeApi, world.ask.bind(world), ORGANIZATION_OF_RELAIS);
      const own = await KubernetesApi.open({
        ...{ url: account.KUBERNETES_URL!, credentials: account.KUBERNETES_CREDENTIALS!, timeoutMs: 2_000 },
      });
      const leader = world.lead(new TestTerm(1), own);
      await world.make('acme', { maxPeople: 500 });
      await world.becomes('AsSaid', 'acme');
      await eventually(async () => (await world.events()).includes('Normal AsSaid'));
      const read = own.list(SECRETS).then(
        () => 'read',
        (error: KubernetesError) => error.code,
      );

      expect(await read).toBe(403);
      await leader.end();
      own.close();
    },
  );

  itReal('refuse what the schema or its rules say no to', async () => {
    await world.make('acme', { maxPeople: 5 });
    const refused = async (work: Promise<unknown>) =>
      work.then(
        () => 'taken',
        (error: Error) => error.message,
      );

    expect(await refused(world.make('a', { maxPeople: -1 }))).toMatch(/maxPeople/);
    expect(await refused(world.make('b', { maxPeople: 'many' }))).toMatch(/maxPeople/);
    expect(await refused(world.change('acme', { maxPeople: null }))).toMatch(/maxPeople cannot be taken out/);
    expect(await refused(world.change('acme', { maxPeople: 0 }))).toBe('taken');
  });
});
