import { jest } from '@jest/globals';
import { Gathering } from './gathering.js';

const REST_MS = 50;

/** Work that ends when it is told to. */
class Slow {
  readonly begun: string[][] = [];
  private end: (error?: Error) => void = () => undefined;
  readonly work = (items: string[]): Promise<void> => {
    this.begun.push(items);
    return new Promise((resolve, reject) => (this.end = (error) => (error ? reject(error) : resolve())));
  };

  async ends(error?: Error): Promise<void> {
    this.end(error);
    await jest.advanceTimersByTimeAsync(0);
  }
}

describe('gathering', () => {
  let slow: Slow;
  let gathering: Gathering<string>;

  beforeEach(() => {
    jest.useFakeTimers();
    slow = new Slow();
    gathering = new Gathering(slow.work, REST_MS);
  });
  afterEach(() => jest.useRealTimers());

  const add = async (...items: string[]) => {
    const worked = gathering.add(items);
    worked.catch(() => undefined);
    await jest.advanceTimersByTimeAsync(0);
    return { worked };
  };

  it('works at once on what comes alone', async () => {
    await add('one');

    expect(slow.begun).toEqual([['one']]);
  });

  it('works together on what comes while some is under way, and while it rests', async () => {
    await add('one');
    await add('two');
    await slow.ends();
    await add('three', 'four');
    await jest.advanceTimersByTimeAsync(REST_MS - 1);
    expect(slow.begun).toEqual([['one']]);

    await jest.advanceTimersByTimeAsync(1);
    expect(slow.begun).toEqual([['one'], ['two', 'three', 'four']]);
  });

  it('tells each how the work ended that took theirs, and goes on after a failure', async () => {
    const first = await add('one');
    const second = await add('two');
    await slow.ends(new Error('no'));
    await jest.advanceTimersByTimeAsync(REST_MS);
    await slow.ends();

    await expect(first.worked).rejects.toThrow('no');
    await expect(second.worked).resolves.toBeUndefined();
  });

  it('is settled when what was added has been worked on', async () => {
    let isSettled = false;
    await add('one');
    void gathering.settled().then(() => (isSettled = true));
    await add('two');
    expect(isSettled).toBe(false);

    await slow.ends();
    await jest.advanceTimersByTimeAsync(REST_MS);
    expect(slow.begun).toEqual([['one'], ['two']]);
    expect(isSettled).toBe(true);
  });
});
