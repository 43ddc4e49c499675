import { eventually } from '../../test/eventually.js';
import { OrganizationWorld } from '../../test/organization-world.js';
import { ownServers } from '../../test/own-servers.js';
import { TestTerm } from '../../test/test-term.js';

const servers = ownServers();
afterAll(() => servers.close());

describe('how long an organization keeps messages', () => {
  let world: OrganizationWorld;
  beforeEach(async () => {
    world = await OrganizationWorld.open(servers);
  });
  afterEach(() => world.close());

  const kept = async () => (await world.read('acme'))['status']?.messages;
  const becomes = (wanted: object) =>
    eventually(async () => {
      const { keepDays, keyDays } = (await kept()) ?? {};
      return JSON.stringify({ keepDays, keyDays }) === JSON.stringify(wanted);
    });
  const said = () => world.own.log.filter((line) => line.startsWith('keep'));

  it('is as it says, once, also under another leader, with what that hides', async () => {
    world.own.older = { messages: 41_233, conversations: 12 };
    const first = world.lead();
    await world.make('acme', { messages: { keepDays: 365, keyDays: 7 } });
    await world.becomes('AsSaid', 'acme');
    await first.end();
    world.lead(new TestTerm(2));
    await world.looks();

    expect(said()).toEqual(['keep 365 7']);
    const { clearsFrom } = world.own.keeping;
    expect(await kept()).toEqual({ keepDays: 365, keyDays: 7, hidden: world.own.older, clearsFrom });
    delete world.own.keeping.clearsFrom;
    await eventually(async () => (await kept()).clearsFrom === undefined);
    expect(await kept()).toEqual({ keepDays: 365, keyDays: 7 });
  });

  it('is said again where somebody has said otherwise, leaves alone what it does not name, and has no end by 0', async () => {
    world.own.keeping = { keepDays: 30, keyDays: 3 };
    world.lead();
    await world.make('acme', { messages: { keepDays: 90 } });
    await becomes({ keepDays: 90, keyDays: 3 });
    world.own.keeping = { keepDays: 30, keyDays: 4 };
    await becomes({ keepDays: 90, keyDays: 4 });
    await world.change('acme', { messages: { keepDays: 0, keyDays: 0 } });
    await becomes({});

    expect(said()).toEqual(['keep 90 3', 'keep 90 4', 'keep null null']);
  });

  it('is not asked for where it says nothing, so that it takes no scope', async () => {
    world.own.mayKeep = false;
    world.lead();
    await world.make('acme', { maxPeople: 5 });
    await world.becomes('AsSaid', 'acme');

    expect(await kept()).toBeUndefined();
  });

  it('holds up nothing else where the bot may not say it', async () => {
    world.own.mayKeep = false;
    world.lead();
    const ada = { name: 'ada', email: 'ada@acme.example' };
    await world.make('acme', { maxPeople: 5, administrators: [ada], messages: { keepDays: 90 } });
    await world.becomes('Forbidden', 'acme');

    expect(world.own.log).toEqual(['quota 5', `invite ${ada.email}`]);
    world.own.mayKeep = true;
    await world.becomes('AsSaid', 'acme');
    expect(said()).toEqual(['keep 90 null']);
  });
});
