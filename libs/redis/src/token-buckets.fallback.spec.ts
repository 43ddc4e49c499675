import { type LogFields, silentLog } from '@relais/observability';
import { LIMITS, type LimitName } from './token-buckets.contract.js';
import { FallbackBuckets } from './token-buckets.fallback.js';
import { LocalBuckets } from './token-buckets.local.js';
import { type Taken, TokenBuckets } from './token-buckets.js';

/** Shared buckets that can be away or silent, and count who asks. */
class FlakyBuckets extends TokenBuckets<LimitName> {
  state: 'up' | 'down' | 'silent' = 'up';
  asked = 0;
  private readonly buckets = new LocalBuckets<LimitName>(LIMITS, () => 0);

  async take(bucket: LimitName, key: string, cost?: number): Promise<Taken> {
    this.asked += 1;
    if (this.state === 'down') throw new Error('connection is closed');
    if (this.state === 'silent') return new Promise(() => undefined);
    return this.buckets.take(bucket, key, cost);
  }
}

function setup({ expectedReplicas = 5 } = {}) {
  const shared = new FlakyBuckets();
  const lines: LogFields[] = [];
  const write = (line: LogFields) => void lines.push(line);
  const time = { nowMs: 0 };
  const log = { ...silentLog, warn: write, info: write };
  const buckets = new FallbackBuckets({ shared, limits: LIMITS, expectedReplicas, log, nowMs: () => time.nowMs });
  return { buckets, shared, lines, time };
}

const allowedOf = async (buckets: TokenBuckets<LimitName>, key: string, times: number) => {
  let allowed = 0;
  for (let count = 0; count < times; count++) if ((await buckets.take('slow', key)).allowed) allowed += 1;
  return allowed;
};

describe('limits when Redis is lost', () => {
  it.each(['down', 'silent'] as const)('are this replica’s share, not none, when it is %s', async (state) => {
    const { buckets, shared } = setup();
    shared.state = state;

    expect(await allowedOf(buckets, 'ada', 10)).toBe(1);
    expect(shared.asked).toBe(1);
  });

  it('let one request try after a second while the others go on, and are shared again when it answers', async () => {
    const { buckets, shared, lines, time } = setup();
    shared.state = 'down';
    await buckets.take('slow', 'ada');
    time.nowMs = 1_000;
    await Promise.all([buckets.take('slow', 'ada'), buckets.take('slow', 'ada'), buckets.take('slow', 'ada')]);
    expect(shared.asked).toBe(2);

    shared.state = 'up';
    time.nowMs = 2_500;

    expect(await allowedOf(buckets, 'ada', 10)).toBe(5);
    expect(lines.map((line) => line.event)).toEqual(['limits.local', 'limits.shared_again']);
  });

  it('never divide a limit down to nothing', async () => {
    const { buckets, shared } = setup({ expectedReplicas: 100 });
    shared.state = 'down';

    expect(await allowedOf(buckets, 'ada', 10)).toBe(1);
  });

  it('are local from the start where there is no Redis', async () => {
    const buckets = new FallbackBuckets({ shared: undefined, limits: LIMITS, expectedReplicas: 1, log: silentLog });

    expect(await allowedOf(buckets, 'ada', 10)).toBe(5);
  });
});
