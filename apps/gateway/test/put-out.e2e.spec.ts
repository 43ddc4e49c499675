import { revokedDated } from '@relais/contracts';
import { metrics } from '@relais/observability';
import { someone } from './issuer.js';
import { startWorld, type World } from './world.js';

const agoMs = (ms: number): string => new Date(Date.now() - ms).toISOString();

/** How often it was measured how long one stayed connected, and how many seconds that was in all. */
async function measured(): Promise<{ count: number; seconds: number }> {
  const { values } = await metrics.getSingleMetric('relais_auth_revocation_propagation_seconds')!.get();
  const valueOf = (end: string) =>
    values.find((one) => (one as { metricName?: string }).metricName?.endsWith(end))?.value ?? 0;
  return { count: valueOf('_count'), seconds: valueOf('_sum') };
}

async function measuredBy(work: () => Promise<unknown>): Promise<number> {
  const before = await measured();
  await work();
  for (let attempt = 0; (await measured()).count === before.count; attempt++) {
    if (attempt > 400) throw new Error('nothing was measured');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const after = await measured();
  expect(after.count).toBe(before.count + 1);
  return after.seconds - before.seconds;
}

describe('how long somebody who was put out stayed connected', () => {
  let world: World;

  beforeEach(async () => {
    world = await startWorld();
  });
  afterEach(() => world.close());

  it('counts from the revocation, and not from hearing of it', async () => {
    const alice = someone();
    const clients = [await world.join(alice), await world.join(alice)];
    const revocations = [
      { subjectId: alice.userId, epoch: 2 },
      { subjectId: alice.sessionId, epoch: 3 },
    ];

    const seconds = await measuredBy(async () => {
      world.bus.signal(revokedDated, { revocations, revokedAt: [agoMs(20_000), agoMs(12_000)] });
      await Promise.all(clients.map(({ closed }) => closed));
    });

    expect(seconds).toBeGreaterThan(19.9);
    expect(seconds).toBeLessThan(22);
  });

  it('counts what a lost signal costs until auth is asked again', async () => {
    const alice = someone();
    const client = await world.join(alice);
    world.trusted.revocations.push({ subjectId: alice.userId, epoch: 1 });
    world.trusted.revokedAt = [agoMs(14_000)];

    const seconds = await measuredBy(async () => {
      world.proxy.breakConnections();
      await client.closed;
    });

    expect(seconds).toBeGreaterThan(13.9);
  });

  it('ends with the last socket, also of a client that does not answer its closing', async () => {
    const alice = someone();
    const [first, silent] = [await world.join(alice), await world.join(alice)];
    silent.socket.pause();

    const seconds = await measuredBy(async () => {
      world.revoke({ subjectId: alice.userId, epoch: 1 });
      await first.closed;
    });

    expect(seconds).toBeGreaterThan(4);
    silent.socket.resume();
  }, 15_000);

  it.each([
    ['the time is not told, as by the release before', undefined],
    ['the time has not come yet by the clock here', [agoMs(-30_000)]],
  ])('counts from hearing of it where %s', async (_, revokedAt) => {
    const alice = someone();
    const client = await world.join(alice);

    const seconds = await measuredBy(async () => {
      world.bus.signal(revokedDated, { revocations: [{ subjectId: alice.userId, epoch: 1 }], revokedAt });
      await client.closed;
    });

    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(seconds).toBeLessThan(2);
  });

  it('is not measured where nobody was connected who is concerned', async () => {
    const [alice, bob] = [someone(), someone()];
    await world.join(alice);
    const { count } = await measured();

    const seconds = await measuredBy(async () => {
      world.revoke({ subjectId: bob.userId, epoch: 1 });
      world.revoke({ subjectId: alice.userId, epoch: 2 });
    });

    expect(seconds).toBeLessThan(2);
    expect((await measured()).count).toBe(count + 1);
  });
});
