import { SECRETS } from '../../test/objects-world.js';
import { eventually } from '../../test/eventually.js';
import { ownServers } from '../../test/own-servers.js';
import { RouteWorld } from '../../test/route-world.js';

const servers = ownServers();
afterAll(() => servers.close());

describe('the Secret of a route', () => {
  let world: RouteWorld;
  beforeEach(async () => {
    world = await RouteWorld.open(servers);
  });
  afterEach(() => world.close());

  describe('gives another secret', () => {
    beforeEach(async () => {
      world.lead();
      await world.make('shop', { overlapSeconds: 60 });
      await world.becomes('Routed', 'shop');
    });

    it('when the revision goes up, with the overlap of the spec, once', async () => {
      await world.change('shop', { secretRevision: 1 });
      await eventually(async () => (await world.read('shop'))['status'].secret.revision === 1);
      const reads = world.sources.reads;
      await eventually(() => world.sources.reads > reads + 3);

      expect(world.sources.log).toEqual(['put relais/shop', 'rotate relais/shop 60']);
      expect(await world.isWritten()).toBe(true);
    });

    it('when somebody has deleted the Secret', async () => {
      await world.ask('DELETE', `${SECRETS}/shop-relais`);
      await eventually(async () => (await world.secret('shop-relais')) !== undefined && (await world.isWritten()));

      expect(world.sources.log).toEqual(['put relais/shop', 'rotate relais/shop 60']);
    });

    it('when the source has another one than was written: somebody else has renewed it', async () => {
      await world.sources.rotate(String(world.source?.id), 0);
      await eventually(async () => world.sources.log.length === 3 && (await world.isWritten()));
    });
  });

  it.each([
    ['of something else', { data: { password: 'eA==' } }],
    ['of something else that has a token, too', { data: { token: 'eA==' } }],
  ])('takes no Secret that is there already: %s', async (_, content) => {
    await world.ask('POST', `${SECRETS}?fieldManager=kubectl`, {
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: { name: 'shop-relais' }, ...content },
    });
    world.lead();
    await world.make('shop');
    await world.becomes('SecretTaken', 'shop');

    const found = await world.secretObject('shop-relais');
    expect(found?.['data']).toEqual(content.data);
    expect(found?.metadata['ownerReferences']).toBeUndefined();
    expect(world.sources.log).toEqual([]);
    await world.ask('DELETE', `${SECRETS}/shop-relais`);
    await world.becomes('Routed', 'shop');
  });

  it('gives a Secret to one route alone', async () => {
    world.lead();
    await world.make('shop', { secretName: 'alerts' });
    await world.becomes('Routed', 'shop');
    const before = await world.secret('alerts');
    await world.make('bank', { secretName: 'alerts' });
    await world.becomes('SecretTaken', 'bank');

    expect(await world.secret('alerts')).toEqual(before);
    expect((await world.ready('shop')).status).toBe('True');
  });
});
