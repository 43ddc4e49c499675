import { once } from 'node:events';
import type { Term } from './elector.js';
import { leadAll } from './lead-all.js';

describe('the work of a leader', () => {
  const over = () => new AbortController();
  const termOf = ({ signal }: AbortController): Term => ({
    lease: 'uid',
    number: 1,
    signal,
    assertHeld: () => undefined,
  });
  const untilOver = { lead: async ({ signal }: Term) => void (await once(signal, 'abort')) };

  it('ends in all its parts when the term is over', async () => {
    const end = over();
    const work = leadAll([untilOver, untilOver], termOf(end));

    end.abort();

    await expect(work).resolves.toBeUndefined();
  });

  it('is over when the last part has ended that has to because another failed, and says why', async () => {
    const steps: string[] = [];
    const slow = {
      lead: async ({ signal }: Term) => {
        await once(signal, 'abort');
        await new Promise((resolve) => setImmediate(resolve));
        steps.push('the last write is done');
      },
    };

    const work = leadAll([slow, { lead: () => Promise.reject(new Error('bug')) }], termOf(over()));

    await expect(work.finally(() => steps.push('over'))).rejects.toThrow('bug');
    expect(steps).toEqual(['the last write is done', 'over']);
  });
});
