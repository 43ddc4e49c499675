import { setTimer, type Timer } from '../src/engine/timers.postgres.js';
import { Errand, workOf } from '../src/engine/work.js';
import { EngineWorld } from './engine-world.js';

class Postman {
  readonly done: string[] = [];
  answers: (number | null)[] = [];
  during: () => Promise<unknown> = () => Promise.resolve();

  @Errand('post')
  async post({ subject_id }: Timer): Promise<number | null> {
    this.done.push(subject_id);
    await this.during();
    const answer = this.answers.shift();
    if (answer === undefined) throw new Error('the bridge is up');
    return answer;
  }
}

describe('an errand', () => {
  let world: EngineWorld;
  let postman: Postman;

  beforeEach(async () => {
    world = await EngineWorld.open();
    postman = new Postman();
    world.workers.push(postman);
    await due(0);
  });
  afterEach(() => world.close());

  const due = (afterSeconds: number): Promise<unknown> =>
    world.database.within(world.organizationId, (tx) =>
      setTimer(tx, world.organizationId, { subject_id: world.organizationId, kind: 'post' }, afterSeconds),
    );

  it('is done, and again when it says so, until it is done for good', async () => {
    postman.answers = [60, null];

    await world.settle();
    await world.pass(59);
    const before = postman.done.length;
    await world.pass(2);
    await world.pass(3_600);

    expect([before, postman.done.length]).toEqual([1, 2]);
    expect(await world.count('SELECT count(*) AS n FROM timer')).toBe(0);
  });

  it('that fails is done again, and so is one whose replica ended with it', async () => {
    postman.answers = [];
    await world.settle();
    postman.answers = [null];
    await world.pass(31);
    expect(postman.done.length).toBe(2);

    await due(0);
    postman.during = () => new Promise(() => {});
    await world.newEngine().runOnce();
    postman.during = () => Promise.resolve();
    postman.answers = [null];
    await world.pass(58);
    expect(postman.done.length).toBe(3);
    await world.pass(3);
    expect(postman.done.length).toBe(4);
  });

  it('that is wanted sooner while it is under way is done once more', async () => {
    postman.answers = [null, null];
    postman.during = async () => {
      postman.during = () => Promise.resolve();
      await due(0);
    };

    await world.settle();
    await world.settle();

    expect(postman.done.length).toBe(2);
  });

  it('belongs to one method only', () => {
    expect(() => workOf([new Postman(), new Postman()])).toThrow(/two methods/);
  });
});
