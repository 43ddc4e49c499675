import type { RealKubeApi } from '@relais/kube-api';
import { eventually } from '../../test/eventually.js';
import { SECRETS } from '../../test/objects-world.js';
import { ownServers, refused, withRights } from '../../test/own-servers.js';
import { RouteWorld } from '../../test/route-world.js';
import { TestTerm } from '../../test/test-term.js';
import { KubernetesApi } from '../kubernetes/kubernetes-api.js';

const ROUTES_OF_RELAIS = ['enabled=true', 'existingSecret=bot', 'namespaces={relais}'].map(
  (one) => `operator.alertRoutes.${one}`,
);
const servers = ownServers();
afterAll(() => servers.close());

describe('the rules of the cluster for routes', () => {
  let world: RouteWorld;
  beforeEach(async () => {
    world = await RouteWorld.open(servers);
  });
  afterEach(() => world.close());

  const itReal = servers.isReal ? it : it.skip;
  itReal('does its work with the rights of its account in the chart, and may read no Secret (C4)', async () => {
    const account = await withRights(world.server as RealKubeApi, world.ask.bind(world), ROUTES_OF_RELAIS);
    const own = await KubernetesApi.open({
      ...{ url: account.KUBERNETES_URL!, credentials: account.KUBERNETES_CREDENTIALS!, timeoutMs: 2_000 },
    });
    const leader = world.lead(new TestTerm(1), { api: own });
    await world.make('shop');
    await world.becomes('Routed', 'shop');
    await world.ask('DELETE', `${SECRETS}/shop-relais`);
    await eventually(async () => (await world.secret('shop-relais')) !== undefined && (await world.isWritten()));
    await world.told('Normal Routed');

    await expect(own.list(SECRETS)).rejects.toMatchObject({ code: 403 });
    await leader.end();
    own.close();
  });

  itReal('is refused by the API server itself where the schema or its rules say no', async () => {
    await world.make('shop', { secretRevision: 2 });
    expect(await refused(world.make('a', { policyId: 'x' }))).toMatch(/policyId/);
    expect(await refused(world.make('b', { severity: 'loud' }))).toMatch(/severity/);
    expect(await refused(world.make('c', { severities: { page: 'loud' } }))).toMatch(/severities/);
    expect(await refused(world.make('d', { severities: { '': 'alarm' } }))).toMatch(/empty or longer/);
    expect(await refused(world.make('e'.repeat(201)))).toMatch(/longer than 200/);
    expect(await refused(world.change('shop', { secretName: 'other' }))).toMatch(/secretName cannot be changed/);
    expect(await refused(world.change('shop', { secretRevision: 1 }))).toMatch(/only goes up/);
    expect((await world.read('shop'))['spec']).toMatchObject({
      overlapSeconds: 86_400,
      isPaused: false,
      severity: 'alarm',
    });
  });
});
