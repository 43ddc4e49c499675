import { AppError } from '@relais/kernel';
import { eventually } from '../../test/eventually.js';
import { OrganizationWorld } from '../../test/organization-world.js';
import { ownServers } from '../../test/own-servers.js';
import { TestTerm } from '../../test/test-term.js';

const servers = ownServers();
afterAll(() => servers.close());

describe('the keeper of organizations', () => {
  let world: OrganizationWorld;
  beforeEach(async () => {
    world = await OrganizationWorld.open(servers);
  });
  afterEach(() => world.close());

  const statusOf = async (name = 'acme') => (await world.read(name))['status'];
  const condition = async (type: string) =>
    (await statusOf()).conditions.find((one: { type: string }) => one.type === type);

  it('says how many people there may be, measures how many there are, and tells of it', async () => {
    world.own.quota = { maxPeople: null, people: 17 };
    world.lead();
    await world.make('acme', { maxPeople: 500 });
    await world.becomes('AsSaid', 'acme');

    expect(world.own.log).toEqual(['quota 500']);
    expect(await statusOf()).toMatchObject({ observedGeneration: 1, people: { active: 17, max: 500 } });
    expect(Date.parse((await statusOf()).people.readAt)).toBeGreaterThan(Date.now() - 60_000);
    expect(await condition('WithinQuota')).toMatchObject({ status: 'True' });
    await world.told('Normal AsSaid');
  });

  it('does nothing more when all is as it has to be, also under another leader', async () => {
    const first = world.lead();
    await world.make('acme', { maxPeople: 500 });
    await world.becomes('AsSaid', 'acme');
    await first.end();
    const { resourceVersion } = (await world.read('acme')).metadata;
    world.lead(new TestTerm(2));
    await world.looks();

    expect(world.own.log).toEqual(['quota 500']);
    expect((await world.read('acme')).metadata.resourceVersion).toBe(resourceVersion);
  });

  it('says it again where somebody else has said otherwise, and lifts the limit by 0', async () => {
    world.lead();
    await world.make('acme', { maxPeople: 500 });
    await world.becomes('AsSaid', 'acme');
    world.own.quota = { maxPeople: 9_000, people: 20 };
    await eventually(() => world.own.quota.maxPeople === 500);
    await world.change('acme', { maxPeople: 0 });
    await eventually(async () => (await statusOf()).observedGeneration === 2);

    expect(world.own.log).toEqual(['quota 500', 'quota 500', 'quota null']);
    expect((await statusOf()).people.max).toBeUndefined();
  });

  it('leaves alone what is not named, and measures it', async () => {
    world.own.quota = { maxPeople: 30, people: 3 };
    world.lead();
    await world.make('acme', {});
    await world.becomes('AsSaid', 'acme');
    world.own.quota = { maxPeople: 40, people: 4 };
    await eventually(async () => (await statusOf()).people.active === 4);

    expect(world.own.log).toEqual([]);
    expect(await statusOf()).toMatchObject({ people: { active: 4, max: 40 } });
  });

  it('says that there are more people than there may be, which is no failure', async () => {
    world.own.quota = { maxPeople: null, people: 17 };
    world.lead();
    await world.make('acme', { maxPeople: 5 });
    await world.becomes('AsSaid', 'acme');

    expect(await condition('WithinQuota')).toMatchObject({ status: 'False', reason: 'MorePeople' });
    expect((await world.ready('acme')).status).toBe('True');
  });

  it('takes nothing back when the object is deleted', async () => {
    world.lead();
    await world.make('acme', { maxPeople: 500 });
    await world.becomes('AsSaid', 'acme');
    await world.remove('acme');
    await world.make('other', {});
    await world.becomes('AsSaid', 'other');

    expect(world.own.log).toEqual(['quota 500']);
  });

  it('looks after the older one of two in a namespace, and after the other when that has gone', async () => {
    await world.make('acme', { maxPeople: 500 });
    const { creationTimestamp } = (await world.read('acme')).metadata;
    await eventually(() => Date.now() >= Date.parse(String(creationTimestamp)) + 1_000);
    await world.make('rival', { maxPeople: 7 });
    world.lead();
    await world.becomes('AsSaid', 'acme');
    await world.becomes('NotAlone', 'rival');
    expect(world.own.log).toEqual(['quota 500']);
    await world.remove('acme');
    await world.becomes('AsSaid', 'rival');

    expect(world.own.log).toEqual(['quota 500', 'quota 7']);
  });

  it.each<[string, AppError]>([
    ['Unreachable', new AppError('unavailable', 'network_error')],
    ['Forbidden', new AppError('forbidden', 'scope_missing')],
    ['BotRefused', new AppError('unauthenticated', 'bot_refused')],
  ])('says %s, keeps what was measured, and goes on when it is over', async (reason, problem) => {
    world.lead();
    await world.make('acme', { maxPeople: 500 });
    await world.becomes('AsSaid', 'acme');
    world.own.problem = problem;
    await world.becomes(reason, 'acme');

    expect(await statusOf()).toMatchObject({ people: { active: 1, max: 500 } });
    expect(await condition('Reconciling')).toMatchObject({ status: 'True', reason });
    world.own.problem = undefined;
    await world.becomes('AsSaid', 'acme');
    await world.told(`Warning ${reason}`);
  });

  it('tries a spec that the API refuses no more, until it is another one', async () => {
    world.lead();
    world.own.problem = new AppError('invalid', 'invalid_request', 'no');
    await world.make('acme', { maxPeople: 500 });
    await world.becomes('SpecRefused', 'acme');
    world.own.problem = undefined;
    const { reads, lists } = world.own;
    // So long that what is not final is tried again.
    await eventually(() => world.own.lists > lists + 10);
    expect(world.own.reads).toBe(reads);
    expect(await condition('Stalled')).toMatchObject({ status: 'True' });
    await world.change('acme', { maxPeople: 501 });
    await world.becomes('AsSaid', 'acme');
  });
});
