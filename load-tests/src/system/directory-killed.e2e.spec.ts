import { type listUsers, ROUTES } from '@relais/contracts';
import type { z } from 'zod';
import { WorldDirectory } from '../world/directory.js';
import { System } from './system.js';

const START_DEADLINE_MS = 120_000;
const PEOPLE = 2_000;
/** A minute until what the killed replica had leased is free, and the rest of the work. */
const GOES_ON_WITHIN_MS = 150_000;

describe('auth that is killed while it brings people in', () => {
  let system: System;
  let directory: WorldDirectory;

  beforeAll(async () => {
    system = await System.start({
      name: `directory-${process.pid}`,
      replicas: 1,
      env: { RATE_LIMIT_FACTOR: '1000', DIRECTORY_POLL_INTERVAL_MS: '500', DRAIN_DELAY_MS: '0', DRAIN_MS: '500' },
    });
    directory = await WorldDirectory.start(system.acme.owner.session, PEOPLE);
  }, START_DEADLINE_MS);

  afterAll(async () => {
    await directory?.stop();
    await system?.close();
  }, START_DEADLINE_MS);

  it(
    'has brought in a part of them, and brings in the others once when it is back',
    async () => {
      const begun = await directory.begin();
      await directory.until(begun, ({ applied }) => applied > 0, 60_000, 10);
      await system.cluster.kill('auth-1');
      await system.cluster.startProcess('auth-1');

      const found = await directory.until(begun, ({ state }) => state !== 'reading');
      expect(found.state).toBe('applying');
      expect(found.applied).toBeGreaterThan(0);
      expect(found.applied).toBeLessThan(PEOPLE);

      const ended = await directory.until(found, ({ state }) => state !== 'applying', GOES_ON_WITHIN_MS);
      expect(ended).toMatchObject({ state: 'applied', creates: PEOPLE, applied: PEOPLE, problems: 0 });
      expect((await namesOfPeople()).toSorted()).toEqual(directory.uids.map((uid) => `Person ${uid}`).toSorted());
      expect(await directory.run()).toMatchObject({ state: 'applied', creates: 0, updates: 0, disables: 0 });
    },
    START_DEADLINE_MS + GOES_ON_WITHIN_MS,
  );

  async function namesOfPeople(): Promise<string[]> {
    const names: string[] = [];
    for (let cursor: string | undefined; ;) {
      const asked = { limit: 200, ...(cursor ? { cursor } : {}) };
      const page: z.output<typeof listUsers.output> = await system.acme.owner.call(ROUTES.listUsers, asked);
      names.push(...page.items.map(({ displayName }) => displayName).filter((name) => name.startsWith('Person ')));
      if (!page.next) return names;
      cursor = page.next;
    }
  }
});
