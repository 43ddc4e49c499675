import { Lifecycle, silentLog } from './index.js';

describe('a lifecycle', () => {
  it('closes in reverse order, each step once, also after one that fails', async () => {
    const lifecycle = new Lifecycle(silentLog);
    const closed: string[] = [];
    for (const name of ['first', 'second', 'third'])
      lifecycle.add(name, () => {
        closed.push(name);
        if (name === 'second') throw new Error('no');
      });

    await Promise.all([lifecycle.close(), lifecycle.close()]);
    await lifecycle.close();

    expect(closed).toEqual(['third', 'second', 'first']);
  });

  it('closes at once what is opened too late', async () => {
    const lifecycle = new Lifecycle(silentLog);
    const closed: string[] = [];
    await lifecycle.close();

    lifecycle.add('late', () => void closed.push('late'));
    await lifecycle.close();

    expect(closed).toEqual(['late']);
  });
});
