import { eventually } from '../../test/eventually.js';
import { ownServers } from '../../test/own-servers.js';
import { RouteWorld } from '../../test/route-world.js';
import { TestTerm } from '../../test/test-term.js';

const servers = ownServers();
afterAll(() => servers.close());

describe('leaders that follow each other on routes', () => {
  let world: RouteWorld;
  beforeEach(async () => {
    world = await RouteWorld.open(servers);
  });
  afterEach(() => world.close());

  it('does nothing more when all is as it has to be, also under another leader', async () => {
    const first = world.lead();
    await world.make('shop');
    await world.becomes('Routed', 'shop');
    const before = await world.secret('shop-relais');
    await first.end();
    world.lead(new TestTerm(2));
    await eventually(async () => (await world.read('shop'))['status'].term.number === 2 || world.sources.reads > 5);
    const reads = world.sources.reads;
    await eventually(() => world.sources.reads > reads + 3);

    expect(world.sources.log).toEqual(['put relais/shop']);
    expect(await world.secret('shop-relais')).toEqual(before);
  });

  it.each([
    ['before the Secret was written', { method: 'PATCH', path: /secrets\/shop-relais$/, code: 500 }],
    [
      'after it was written, without knowing',
      { method: 'PATCH', path: /secrets\/shop-relais$/, cut: true, after: true },
    ],
    ['before the status was written', { method: 'PUT', path: /alertroutes\/shop\/status$/, code: 500 }],
  ])('goes on where a leader has ended %s', async (_, fault) => {
    // The trial of the first look goes through.
    const isTrial = fault.method === 'PATCH';
    await world.make('shop');
    const first = new TestTerm(1);
    if (isTrial) world.server.order({ method: 'PATCH', path: fault.path, latencyMs: 0, times: 1 });
    world.server.order(fault);
    const { end } = world.lead(first);
    await eventually(() => world.sources.sources.size === 1);
    await end();
    world.server.heal();
    world.lead(new TestTerm(2));
    await world.becomes('Routed', 'shop');

    expect(await world.isWritten()).toBe(true);
    expect(world.sources.log.filter((line) => line.startsWith('put'))).toHaveLength(1);
  });

  it('writes nothing over what a later leader has written', async () => {
    const later = world.lead(new TestTerm(2));
    await world.make('shop');
    await world.becomes('Routed', 'shop');
    await later.end();
    const before = (await world.change('shop', { secretRevision: 1 })).metadata.resourceVersion;
    world.lead(new TestTerm(1));
    const reads = world.sources.reads;
    await eventually(() => world.sources.reads > reads + 3);

    expect((await world.read('shop')).metadata.resourceVersion).toBe(before);
    expect(world.sources.log).toEqual(['put relais/shop']);
  });
});
