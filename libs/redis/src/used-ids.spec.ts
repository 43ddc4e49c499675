import { silentLog } from '@relais/observability';
import { FallbackUsedIds } from './used-ids.fallback.js';
import { LocalUsedIds } from './used-ids.local.js';
import { UsedIds } from './used-ids.js';

class SharedIds extends UsedIds {
  state: 'up' | 'down' | 'silent' = 'up';
  private readonly ids = new LocalUsedIds(() => 0);

  use(id: string, forMs: number): Promise<boolean> {
    if (this.state === 'down') return Promise.reject(new Error('connection is closed'));
    return this.state === 'silent' ? new Promise(() => undefined) : this.ids.use(id, forMs);
  }
}

describe('ids that may be used once', () => {
  it('are refused the second time, and free again when they need not be remembered', async () => {
    const time = { nowMs: 0 };
    const ids = new LocalUsedIds(() => time.nowMs);

    expect([await ids.use('a', 1_000), await ids.use('a', 1_000), await ids.use('b', 60_000)]).toEqual([
      true,
      false,
      true,
    ]);
    time.nowMs = 1_000;
    expect(await ids.use('a', 1_000)).toBe(true);
    time.nowMs = 30_000;
    await ids.use('c', 1_000);
    expect(ids.size).toBe(2);
  });

  it('are not forgotten to make room', async () => {
    const ids = new LocalUsedIds(() => 0, 2);
    await ids.use('a', 1_000);
    await ids.use('b', 1_000);

    expect([await ids.use('c', 1_000), await ids.use('a', 1_000)]).toEqual([false, false]);
  });

  it('are decided by all while one replica has no room, and not at all while that one is alone', async () => {
    const shared = new SharedIds();
    const ids = new FallbackUsedIds({ shared, log: silentLog, maxIds: 1 });
    await ids.use('a', 1_000);

    expect([await ids.use('b', 1_000), await ids.use('b', 1_000)]).toEqual(['first', 'again']);
    shared.state = 'down';
    expect([await ids.use('c', 1_000), await ids.use('a', 1_000)]).toEqual(['full', 'again']);
  });

  it('are shared between replicas', async () => {
    const shared = new SharedIds();
    const [one, other] = [
      new FallbackUsedIds({ shared, log: silentLog }),
      new FallbackUsedIds({ shared, log: silentLog }),
    ];

    expect([await one.use('a', 1_000), await one.use('a', 1_000), await other.use('a', 1_000)]).toEqual([
      'first',
      'again',
      'again',
    ]);
    expect([other.useHere('b', 1_000), await other.use('b', 1_000)]).toEqual(['first_here', 'again']);
  });

  it.each(['down', 'silent'] as const)('are known on each replica alone when what is shared is %s', async (state) => {
    const shared = new SharedIds();
    shared.state = state;
    const [one, other] = [
      new FallbackUsedIds({ shared, log: silentLog }),
      new FallbackUsedIds({ shared, log: silentLog }),
    ];

    expect([await one.use('a', 1_000), await one.use('a', 1_000), await other.use('a', 1_000)]).toEqual([
      'first_here',
      'again',
      'first_here',
    ]);
  });
});
