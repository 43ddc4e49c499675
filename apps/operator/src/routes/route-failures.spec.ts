import { AppError, newId } from '@relais/kernel';
import { eventually } from '../../test/eventually.js';
import { ownServers } from '../../test/own-servers.js';
import { AGAIN, RouteWorld } from '../../test/route-world.js';

const servers = ownServers();
afterAll(() => servers.close());

describe('a route that cannot be as it has to be', () => {
  let world: RouteWorld;
  beforeEach(async () => {
    world = await RouteWorld.open(servers);
  });
  afterEach(() => world.close());

  it('says that there is no such policy, and routes as soon as there is one', async () => {
    world.lead();
    const policyId = newId<string>();
    await world.make('shop', { policyId });
    await world.becomes('PolicyUnknown', 'shop');
    const [, reconciling] = (await world.read('shop'))['status'].conditions as { type: string; status: string }[];
    const before = await world.secret('shop-relais');
    world.sources.policies.add(policyId);
    await world.becomes('Routed', 'shop');

    expect(reconciling).toMatchObject({ type: 'Reconciling', status: 'True' });
    expect(before).toBeUndefined();
    await world.told('Normal Routed');
    expect(await world.events()).toContain('Warning PolicyUnknown');
  });

  it.each<[string, AppError]>([
    ['Unreachable', new AppError('unavailable', 'network_error')],
    ['Forbidden', new AppError('forbidden', 'scope_missing')],
    ['BotRefused', new AppError('unauthenticated', 'bot_refused')],
  ])('says %s, once, and goes on when it is over', async (reason, problem) => {
    world.sources.problem = problem;
    world.lead();
    await world.make('shop');
    await world.becomes(reason, 'shop');
    const { reads } = world.sources;
    await eventually(() => world.sources.reads > reads + AGAIN);
    world.sources.problem = undefined;
    await world.becomes('Routed', 'shop');

    expect((await world.events()).filter((one) => one === `Warning ${reason}`)).toHaveLength(1);
  });

  it('tries a spec that the API refuses no more, until it is another one', async () => {
    const put = world.sources.put.bind(world.sources);
    let tries = 0;
    world.sources.put = (id, settings) => {
      tries++;
      return tries === 1 ? Promise.reject(new AppError('invalid', 'invalid_input', 'no')) : put(id, settings);
    };
    world.lead();
    await world.make('shop');
    await world.becomes('SpecRefused', 'shop');
    const { reads } = world.sources;
    await eventually(() => world.sources.reads > reads + AGAIN);
    const stalled = (await world.read('shop'))['status'].conditions[1] as object;
    const triesBefore = tries;
    await world.change('shop', { severity: 'notice' });
    await world.becomes('Routed', 'shop');

    expect(stalled).toMatchObject({ type: 'Stalled', status: 'True' });
    expect(triesBefore).toBe(1);
  });
});
