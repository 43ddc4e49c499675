import { ObjectsWorld } from '../../test/objects-world.js';
import { ownServers } from '../../test/own-servers.js';
import { TestTerm } from '../../test/test-term.js';
import { GROUP_VERSION } from './objects.js';
import { changeStatus, type Reported, type WrittenStatus } from './status.js';

const PATH = `/apis/${GROUP_VERSION}/namespaces/relais/alertroutes`;
const SHOP = `${PATH}/shop`;
const servers = ownServers();
afterAll(() => servers.close());

interface Counted extends Reported {
  status?: WrittenStatus & { observedGeneration?: number; sourceId?: string };
}

class StatusWorld extends ObjectsWorld {
  static async open(): Promise<StatusWorld> {
    return new StatusWorld(...(await this.openServer(servers)), 'AlertRoute', PATH);
  }

  override make(name = 'shop') {
    return super.make(name, { policyId: '0190b5c4-5a8e-7c3d-9a55-3f1f0f2b7e11' });
  }

  write(term: TestTerm, decide: (object: Counted) => Counted['status'], seen?: Counted) {
    return changeStatus<Counted>({ api: this.api, term }, SHOP, decide, seen);
  }

  get writes(): number {
    return this.server.log.filter((line) => line.startsWith(`PUT ${SHOP}/status 200`)).length;
  }
}

const says = (sourceId: string) => () => ({ sourceId });

describe('the status of an object', () => {
  let world: StatusWorld;
  beforeEach(async () => {
    world = await StatusWorld.open();
    await world.make();
  });
  afterEach(() => world.close());

  it('says who wrote it, and is not written again where it says the same', async () => {
    await world.write(new TestTerm(3), says('a'));
    await world.write(new TestTerm(4), says('a'));

    expect((await world.read('shop'))['status']).toMatchObject({ sourceId: 'a', term: { lease: 'lease', number: 3 } });
    expect(world.writes).toBe(1);
  });

  it('is decided anew of what somebody else has written meanwhile', async () => {
    const seen = (await world.read('shop')) as unknown as Counted;
    await world.write(new TestTerm(1), says('meanwhile'));
    await world.write(new TestTerm(1), ({ status }) => ({ sourceId: `after ${status?.sourceId}` }), seen);

    expect((await world.read('shop'))['status'].sourceId).toBe('after meanwhile');
  });

  it('is refused to an earlier term of the same lease, and open to the first of another', async () => {
    await world.write(new TestTerm(2), says('later'));

    await expect(world.write(new TestTerm(1), says('late'))).rejects.toMatchObject({ code: 'leadership_lost' });
    await world.write(new TestTerm(1, 'another'), says('another'));
    expect((await world.read('shop'))['status'].sourceId).toBe('another');
  });

  it('is not written by who does not lead any more', async () => {
    const term = new TestTerm(1);
    term.end();

    await expect(world.write(term, says('late'))).rejects.toMatchObject({ code: 'leadership_lost' });
    expect(world.writes).toBe(0);
  });

  it('is not written to another object that has taken the name', async () => {
    const seen = (await world.read('shop')) as unknown as Counted;
    await world.remove('shop');
    expect(await world.write(new TestTerm(1), says('of the one before'))).toBeNull();
    await world.make();

    expect(await world.write(new TestTerm(1), says('of the one before'), seen)).toBeNull();
    expect((await world.read('shop'))['status']?.sourceId).toBeUndefined();
  });

  it('fails after some attempts that all come too late', async () => {
    world.server.order({ method: 'PUT', path: /status$/, code: 409 });
    let attempts = 0;
    const work = world.write(new TestTerm(1), () => ({ observedGeneration: ++attempts }));

    await expect(work).rejects.toMatchObject({ code: 409 });
    expect(attempts).toBe(5);
  });
});
