import { rows } from '@relais/database';
import type { UserId } from '@relais/kernel';
import type { Ladder } from '../src/contact-rules/ladder.js';
import { type Claimed, claim } from '../src/notifications/claim.postgres.js';
import { finish } from '../src/notifications/finish.postgres.js';
import { mark } from '../src/notifications/mark.postgres.js';
import { TOLD_AT_ONCE, tellFirst } from '../src/notifications/tell.postgres.js';
import { EngineWorld } from './engine-world.js';

const PEOPLE = 10_000;
const EARLIER_ALARMS = 4;
const idOf = (person: number) => `00000000-0000-4000-8000-${String(person).padStart(12, '0')}` as UserId;

/** What the planner knows of these tables is that they were empty once: nobody has analyzed them since. */
describe('alarms to ten thousand, one after another', () => {
  let world: EngineWorld;
  let alarmId: string;

  beforeEach(async () => {
    world = await EngineWorld.open();
    for (let earlier = 0; earlier < EARLIER_ALARMS; earlier++) await fill('shown');
    alarmId = await fill('queued');
  });
  afterEach(() => world.close());

  const within = <Result>(work: Parameters<typeof world.database.within<Result>>[1]) =>
    world.database.within(world.organizationId, work);

  async function fill(state: string): Promise<string> {
    const { alarmId } = await world.raise(world.person(), {
      severity: 'emergency',
      audience: { userIds: [world.person()] },
    });
    await within(async (tx) => {
      const ids = [world.organizationId, alarmId, PEOPLE];
      await rows(
        tx,
        `INSERT INTO alarm_recipient (organization_id, alarm_id, user_id)
         SELECT $1, $2, ('00000000-0000-4000-8000-' || lpad(p::text, 12, '0'))::uuid FROM generate_series(1, $3::int) p`,
        ids,
      );
      await rows(
        tx,
        `INSERT INTO notification (organization_id, alarm_id, step, cycle, user_id, path, priority, state, next_attempt_at)
         SELECT r.organization_id, r.alarm_id, 0, 0, r.user_id, 'socket', 0, $3, clock_timestamp()
         FROM alarm_recipient r WHERE r.organization_id = $1 AND r.alarm_id = $2`,
        [world.organizationId, alarmId, state],
      );
    });
    return alarmId;
  }

  const claimAll = async (): Promise<Claimed[]> => {
    const all: Claimed[] = [];
    for (;;) {
      const some = await within((tx) => claim(tx, world.organizationId, { paths: ['socket'], limit: 1_000 }));
      if (some.length === 0) return all;
      all.push(...some);
    }
  };
  const shownBy = (claimed: readonly Claimed[]) =>
    claimed.map(
      ({ userId, step, cycle }) => ({ userId, step, cycle, alarmId, path: 'socket', state: 'shown' }) as const,
    );

  it('are sent, and marked as shown, each statement within the time that statements have', async () => {
    await within((tx) =>
      rows(tx, `UPDATE alarm_recipient SET answer = 'coming' WHERE alarm_id = $1 AND user_id < $2`, [
        alarmId,
        '00000000-0000-4000-8000-000000000011',
      ]),
    );

    const claimed = (await claimAll()).filter((one) => one.alarmId === alarmId);
    await within((tx) =>
      finish(
        tx,
        world.organizationId,
        claimed.map((one) => ({ claimed: one, outcome: { state: 'sent' } })),
      ),
    );
    const marked = await within((tx) => mark(tx, world.organizationId, shownBy(claimed.slice(0, 2_000))));

    const stateOf = (state: string) =>
      world.count(`SELECT count(*) AS n FROM notification WHERE alarm_id = '${alarmId}' AND state = '${state}'`);
    expect(marked.filter(({ isNew }) => isNew)).toHaveLength(2_000);
    // Ten have answered before it was sent.
    expect([await stateOf('skipped'), await stateOf('shown'), await stateOf('sent')]).toEqual([10, 2_000, 7_990]);
  });

  it('are marked by devices while they are written as sent, and nobody waits for whom waits for them', async () => {
    const claimed = (await claimAll()).filter((one) => one.alarmId === alarmId);
    const backwards = claimed.toReversed();
    const sent = claimed.map((one) => ({ claimed: one, outcome: { state: 'sent' } as const }));
    const pages = [0, 1, 2, 3, 4].map((page) => page * 2_000);

    await Promise.all([
      ...pages.map((at) => within((tx) => finish(tx, world.organizationId, sent.slice(at, at + 2_000)))),
      ...pages.map((at) => within((tx) => mark(tx, world.organizationId, shownBy(backwards.slice(at, at + 2_000))))),
    ]);

    const shown = `SELECT count(*) AS n FROM notification WHERE alarm_id = '${alarmId}' AND state = 'shown' AND sent_at IS NOT NULL`;
    expect(await world.count(shown)).toBe(PEOPLE);
    expect(await deadlocks()).toBe(0);
  });

  it('are sent and marked page by page, without reading through all alarms before for each page', async () => {
    const claimed = (await claimAll()).filter((one) => one.alarmId === alarmId);
    for (let at = 0; at < PEOPLE; at += TOLD_AT_ONCE) {
      const page = claimed.slice(at, at + TOLD_AT_ONCE);
      const sent = page.map((one) => ({ claimed: one, outcome: { state: 'sent' } as const }));
      await within((tx) => finish(tx, world.organizationId, sent));
      await within((tx) => mark(tx, world.organizationId, shownBy(page)));
    }

    // For each page the whole table would be four million.
    expect(await fetched()).toBeLessThan(50 * PEOPLE);
  });

  /** Rows of notifications that were read, as the server counts them, which it does shortly afterwards. */
  const fetched = async (): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    return world.count(
      `SELECT seq_tup_read + idx_tup_fetch AS n FROM pg_stat_user_tables WHERE relname = 'notification'`,
    );
  };

  /** As the server counts them, which it does shortly after they happened. */
  const deadlocks = async (): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const [found] = await world.db.query<{ deadlocks: string }[]>(
      `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`,
    );
    return Number(found?.deadlocks);
  };
});

/** What the planner knows of these tables is that everything in them is one person's. */
describe('an alarm to ten thousand after many to one', () => {
  let world: EngineWorld;

  beforeEach(async () => {
    world = await EngineWorld.open();
    const one = world.person();
    for (let small = 0; small < 50; small++)
      await world.raise(one, { severity: 'notice', audience: { userIds: [one] }, needed: 0 });
    await world.engine.runOnce();
    await world.analyze();
  });
  afterEach(() => world.close());

  const within = <Result>(work: Parameters<typeof world.database.within<Result>>[1]) =>
    world.database.within(world.organizationId, work);

  it('is told, sent and marked without reading through everything for each of them', async () => {
    const raiser = world.person();
    const { alarmId } = await world.raise(raiser, { severity: 'emergency', audience: { userIds: [raiser] } });
    const round = { alarmId, step: 0, cycle: 0 };
    const ladder: Ladder = {
      ...({ rules: 'default', overrides: true, first: [], directory: [] } as const),
      ways: [{ path: 'socket', silentSeconds: 30 }],
    };
    for (let from = 0; from < PEOPLE; from += TOLD_AT_ONCE) {
      const userIds = Array.from({ length: TOLD_AT_ONCE }, (_, at) => idOf(from + at));
      await within((tx) => tellFirst(tx, world.organizationId, round, { priority: 0, ladder }, userIds));
    }
    for (;;) {
      const claiming = { paths: ['socket' as const], limit: TOLD_AT_ONCE };
      const claimed = await within((tx) => claim(tx, world.organizationId, claiming));
      if (claimed.length === 0) break;
      const sent = claimed.map((one) => ({ claimed: one, outcome: { state: 'sent' } as const }));
      await within((tx) => finish(tx, world.organizationId, sent));
    }

    // While the tables are small that is the quicker way; for each of them it would be fifty million.
    expect(await readThrough()).toBeLessThan(100 * PEOPLE);
  });

  /** Rows that were read from the beginning of a table, as the server counts them, which it does shortly afterwards. */
  const readThrough = async (): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    return world.count(
      `SELECT sum(seq_tup_read) AS n FROM pg_stat_user_tables WHERE relname IN ('notification', 'alarm_recipient')`,
    );
  };
});
