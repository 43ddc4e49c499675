import { AppError, type ConversationId, type DeviceId, newId, type OrganizationId } from '@relais/kernel';
import { message } from '../../test/memory-log.js';
import type { Append, Appended } from './append.js';
import type { AppendBatch } from './append-batch.js';
import { AppendCollector, COLLECTOR, type CollectorOptions } from './append-collector.js';

/** Stands in for the database: batches fly until they are landed. */
class Hangar {
  readonly batches: { organizationId: OrganizationId; appends: readonly Append[]; land: () => void }[] = [];

  readonly run: AppendBatch['run'] = (organizationId, appends) =>
    new Promise((resolve) => {
      const land = () => {
        for (const append of appends) append.done({ replayed: false } as Appended);
        resolve();
      };
      this.batches.push({ organizationId, appends, land });
    });

  get sizes(): number[] {
    return this.batches.map(({ appends }) => appends.length);
  }
}

describe('the collector of appends', () => {
  const [a, b] = [newId<OrganizationId>(), newId<OrganizationId>()];
  let hangar: Hangar;

  beforeEach(() => {
    hangar = new Hangar();
  });

  const collector = (options: Partial<CollectorOptions> = {}) =>
    new AppendCollector(hangar as unknown as AppendBatch, { ...COLLECTOR, ...options });
  const aWish = (isAbandoned = () => false) => ({
    command: message(newId<ConversationId>()),
    userId: newId<never>(),
    deviceId: newId<DeviceId>(),
    isAbandoned,
  });
  const add = (to: AppendCollector, count: number, organizationId = a) =>
    Array.from({ length: count }, () => to.add(organizationId, aWish()));
  const moment = () => new Promise((resolve) => setTimeout(resolve, 20));

  it('makes one batch of what comes in a moment, and answers each', async () => {
    const answers = add(collector(), 100);
    await moment();

    expect(hangar.sizes).toEqual([100]);
    hangar.batches[0]?.land();
    expect(await Promise.all(answers)).toHaveLength(100);
  });

  it('grows the next batch while the earlier ones fly, up to the largest size', async () => {
    const one = collector({ maxFlying: 1, maxBatch: 50 });
    const first = add(one, 1);
    await moment();
    const more = add(one, 120);
    await moment();
    expect(hangar.sizes).toEqual([1]);

    for (let flight = 0; flight < 4; flight++) {
      hangar.batches[flight]?.land();
      await moment();
    }

    expect(hangar.sizes).toEqual([1, 50, 50, 20]);
    expect(await Promise.all([...first, ...more])).toHaveLength(121);
  });

  it('sends a second batch beside a small one, but lets what comes during a large one grow', async () => {
    const one = collector();
    const answers = add(one, 2);
    await moment();
    answers.push(...add(one, 3));
    await moment();
    answers.push(...add(one, 4));
    await moment();
    expect(hangar.sizes).toEqual([2, 3]);

    hangar.batches[0]?.land();
    hangar.batches[1]?.land();
    await moment();
    expect(hangar.sizes).toEqual([2, 3, 4]);
    hangar.batches[2]?.land();
    answers.push(...add(one, 100));
    await moment();
    answers.push(...add(one, 5));
    await moment();
    expect(hangar.sizes).toEqual([2, 3, 4, 100]);

    hangar.batches[3]?.land();
    await moment();
    hangar.batches[4]?.land();
    expect(await Promise.all(answers)).toHaveLength(114);
  });

  it('lets organizations take turns, each in batches of its own', async () => {
    const one = collector({ maxFlying: 1, maxBatch: 10 });
    const answers = [...add(one, 30, a), ...add(one, 5, b)];
    for (let flight = 0; flight < 4; flight++) {
      await moment();
      hangar.batches[flight]?.land();
    }

    expect(hangar.batches.map(({ organizationId }) => organizationId)).toEqual([a, b, a, a]);
    expect(hangar.sizes).toEqual([10, 5, 10, 10]);
    await Promise.all(answers);
  });

  it('refuses at once what would wait too long, and takes more when there is room again', async () => {
    const one = collector({ maxFlying: 1, maxWaiting: 3 });
    const taken = add(one, 3);

    await expect(one.add(a, aWish())).rejects.toMatchObject({ code: 'overloaded', retryable: true, retryAfterMs: 500 });
    await moment();
    const later = one.add(a, aWish());
    hangar.batches[0]?.land();
    await Promise.all(taken);
    await moment();
    hangar.batches[1]?.land();

    expect(await later).toEqual({ replayed: false });
  });

  it('drops what nobody waits for any more', async () => {
    const one = collector();
    const abandoned = one.add(
      a,
      aWish(() => true),
    );
    const wanted = one.add(a, aWish());

    await expect(abandoned).rejects.toEqual(new AppError('timeout', 'bus_timeout'));
    hangar.batches[0]?.land();
    await wanted;
    expect(hangar.sizes).toEqual([1]);
  });

  it('goes on when all of a batch were abandoned', async () => {
    const one = collector({ maxFlying: 1, maxBatch: 1 });
    const abandoned = one.add(
      a,
      aWish(() => true),
    );
    const wanted = one.add(a, aWish());

    await expect(abandoned).rejects.toMatchObject({ code: 'bus_timeout' });
    hangar.batches[0]?.land();
    expect(await wanted).toEqual({ replayed: false });
  });

  it('lets others fly while a batch waits for a locked conversation', async () => {
    const appends = collector({ maxFlying: 1, slowAfterMs: 20 });
    const blocked = appends.add(a, aWish());
    await new Promise((resolve) => setTimeout(resolve, 10));
    const other = appends.add(b, aWish());
    await new Promise((resolve) => setTimeout(resolve, 60));

    expect(hangar.sizes).toEqual([1, 1]);
    for (const { land } of hangar.batches) land();
    await Promise.all([blocked, other]);
  });
});
