import type { AlarmMark } from '@relais/contracts';
import type { Database } from '@relais/database';
import { newId, type OrganizationId, type UserId } from '@relais/kernel';
import { setImmediate as turn } from 'node:timers/promises';
import { MarkCollector } from './mark-collector.js';

/** A timer of 50 ms may end a part of a millisecond early by another clock. */
const COLLECTED_MS = 49;

describe('marks of many devices', () => {
  let begunAt: Map<string, number[]>;
  let collector: MarkCollector;

  beforeEach(() => {
    begunAt = new Map();
    const db: Pick<Database, 'within'> = {
      within: (organizationId: string) => {
        begunAt.set(organizationId, [...(begunAt.get(organizationId) ?? []), performance.now()]);
        return Promise.resolve([] as never);
      },
    };
    collector = new MarkCollector(db as Database);
  });

  const add = (organizationId: OrganizationId): Promise<void> => {
    const mark: AlarmMark = { alarmId: newId<never>(), step: 0, cycle: 0, path: 'socket', state: 'shown' };
    return collector.add(organizationId, [{ ...mark, userId: newId<UserId>() }]);
  };

  it('are written at once when they come alone, and otherwise with all that come within 50 ms of a write', async () => {
    const organizationId = newId<OrganizationId>();

    await add(organizationId);
    const second = add(organizationId);
    await turn();
    await Promise.all([second, add(organizationId)]);

    const [first = NaN, next = NaN, ...more] = begunAt.get(organizationId) ?? [];
    expect(more).toEqual([]);
    expect(next - first).toBeGreaterThanOrEqual(COLLECTED_MS);
  });

  it('of another organization wait for nobody', async () => {
    const [busy, other] = [newId<OrganizationId>(), newId<OrganizationId>()];
    await add(busy);
    const waiting = add(busy);

    await add(other);

    expect([begunAt.get(busy)?.length, begunAt.get(other)?.length]).toEqual([1, 1]);
    await waiting;
  });
});
