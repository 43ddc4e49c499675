import { newId } from '@relais/kernel';
import { eventually } from '../../test/eventually.js';
import { ownServers } from '../../test/own-servers.js';
import { POLICY, RouteWorld } from '../../test/route-world.js';
import { TestTerm } from '../../test/test-term.js';
import { routesOf } from './alert-route.js';

const ROUTES = routesOf('relais');
const servers = ownServers();
afterAll(() => servers.close());

describe('the keeper of routes', () => {
  let world: RouteWorld;
  beforeEach(async () => {
    world = await RouteWorld.open(servers);
  });
  afterEach(() => world.close());

  it('makes a source, a Secret that goes with the route, and says so', async () => {
    world.lead();
    const { metadata } = await world.make('shop', { severity: 'notice', severities: { page: 'emergency' } });
    await world.becomes('Routed', 'shop');

    expect(world.source).toMatchObject({
      settings: {
        ...{ kind: 'alertmanager', name: 'relais/shop', isPaused: false, severities: { page: 'emergency' } },
        raises: { policyId: POLICY, severity: 'notice', audience: { everyone: false, userIds: [] } },
      },
    });
    expect(await world.secret('shop-relais')).toEqual({
      url: `https://relais.example${world.source?.path}`,
      token: world.source?.secret,
    });
    const { status } = await world.read('shop');
    expect(status).toMatchObject({
      observedGeneration: 1,
      sourceId: world.source?.id,
      secret: { name: 'shop-relais' },
    });
    expect(JSON.stringify(status)).not.toContain(world.source?.secret);
    await world.told('Normal Routed');
    const made = await world.secretObject('shop-relais');
    expect(made?.['type']).toBe('relais.io/alert-route');
    expect(made?.metadata['ownerReferences']).toMatchObject([{ kind: 'AlertRoute', uid: metadata.uid }]);
    if (!servers.collectsGarbage) return;
    await world.remove('shop');
    await eventually(async () => (await world.secret('shop-relais')) === undefined);
  });

  it('pauses its source', async () => {
    world.lead();
    await world.make('shop');
    await world.becomes('Routed', 'shop');
    await world.change('shop', { isPaused: true });
    await world.becomes('Paused', 'shop');

    expect(world.source?.settings.isPaused).toBe(true);
    expect(world.sources.log).toEqual(['put relais/shop', 'put relais/shop']);
    expect(await world.isWritten()).toBe(true);
  });

  it('deletes the source of a route that has gone, and no other', async () => {
    world.lead();
    await world.make('shop');
    await world.make('bank');
    await Promise.all([world.becomes('Routed', 'shop'), world.becomes('Routed', 'bank')]);
    await world.remove('shop');
    await eventually(() => world.sources.sources.size === 1);

    expect(world.source?.settings.name).toBe('relais/bank');
    expect((await world.ready('bank')).reason).toBe('Routed');
  });

  it('deletes nothing by a list that it could not read: forbidden, broken, or of a namespace that it may not see', async () => {
    await world.sources.put(newId(), { kind: 'alertmanager', raises: { policyId: POLICY }, name: 'orphan' } as never);
    world.server.order({ method: 'GET', path: /alertroutes$/, code: 403 });
    const { end } = world.lead();
    await eventually(() => world.sources.reads > 3);
    await end();
    world.server.heal();
    const isRead = () => world.server.log.some((line) => line === `GET ${ROUTES} 200`);
    world.server.order({ method: 'GET', path: /namespaces\/other\/alertroutes$/, code: 403 });
    const second = world.lead(new TestTerm(2), { namespaces: ['relais', 'other'] });
    const before = world.sources.reads;
    await eventually(() => isRead() && world.sources.reads > before + 3);
    expect(world.sources.sources.size).toBe(1);
    await second.end();
    world.server.heal();
    world.lead(new TestTerm(3));

    await eventually(() => world.sources.sources.size === 0);
  });

  it('keeps the source of a route that its own watch does not tell of yet', async () => {
    await world.make('shop');
    const first = world.lead();
    await world.becomes('Routed', 'shop');
    await first.end();
    // The list that the watch begins with is of before; readings for the garbage are of now.
    const { api } = world;
    const list = api.list.bind(api);
    let isFirst = true;
    api.list = async (path) => {
      const isBehind = isFirst;
      isFirst = false;
      const read = await list(path);
      return { ...read, ...(isBehind && { items: [] }) } as never;
    };
    const before = world.sources.reads;
    world.lead(new TestTerm(2));
    await eventually(() => world.sources.reads > before + 3);

    expect(world.sources.log).toEqual(['put relais/shop']);
  });
});
