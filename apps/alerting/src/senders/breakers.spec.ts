import { jest } from '@jest/globals';
import { Breakers } from './breakers.js';
import { failed, later, type Sent, sent } from './sent.js';

const down = later('provider_down', 5);

describe('a provider that fails', () => {
  const changes: string[] = [];
  const breakers = () => new Breakers((provider, isUp) => void changes.push(`${provider} ${isUp}`));
  /** Asks so often; @returns how often the provider was really asked */
  const ask = async (all: Breakers, times: number, outcome: Sent | Promise<Sent>, provider = 'p') => {
    let asked = 0;
    const outcomes: Sent[] = [];
    for (let time = 0; time < times; time++)
      outcomes.push(
        await all.through(provider, async () => {
          asked++;
          return outcome;
        }),
      );
    return { asked, last: outcomes.at(-1) };
  };

  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    changes.length = 0;
  });
  afterEach(() => jest.useRealTimers());

  it('is left out after three times, and everything for it fails at once', async () => {
    expect(await ask(breakers(), 10, down)).toEqual({ asked: 3, last: failed('provider_down') });
    expect(changes).toEqual(['p false']);
  });

  it('holds up no other', async () => {
    const all = breakers();
    await ask(all, 5, down);

    expect(await ask(all, 5, sent(), 'q')).toMatchObject({ asked: 5, last: { state: 'sent' } });
  });

  it.each([failed('undeliverable'), failed('provider_refused'), later('provider_busy', 5), { state: 'gone' } as const])(
    'does not by what concerns one destination: %j',
    async (outcome) => expect((await ask(breakers(), 10, outcome)).asked).toBe(10),
  );

  it('is tried by one after a while, while the others do not wait for that one', async () => {
    const all = breakers();
    await ask(all, 3, down);
    jest.setSystemTime(70_000);
    let answer: (outcome: Sent) => void = () => undefined;
    const trying = all.through('p', () => new Promise<Sent>((resolve) => (answer = resolve)));

    expect(await ask(all, 3, sent())).toEqual({ asked: 0, last: failed('provider_down') });
    answer(sent());
    expect((await trying).state).toBe('sent');
    expect(await ask(all, 3, sent())).toMatchObject({ asked: 3 });
    expect(changes).toEqual(['p false', 'p true']);
  });

  it('is left out again when it still fails', async () => {
    const all = breakers();
    await ask(all, 3, down);
    jest.setSystemTime(70_000);

    expect(await ask(all, 3, down)).toMatchObject({ asked: 1 });
  });

  it('is told from a bug of ours', async () => {
    await expect(breakers().through('p', () => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
  });
});
