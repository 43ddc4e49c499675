import { withOrganization } from '@relais/database';
import { newId, type OrganizationId } from '@relais/kernel';
import { metrics } from '@relais/observability';
import { expiryJob, keep } from '../../test/keeping.js';
import { type MessagingDatabase, messagingDatabase } from '../../test/messaging-database.js';

const DAY_HOURS = 24;
/** Of a test, seconds: nobody looks at the clock so exactly. */
const NEARLY = -1;

describe('what is over and still on the disks', () => {
  let database: MessagingDatabase;
  let organizationId: OrganizationId;

  beforeAll(async () => {
    database = await messagingDatabase();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    organizationId = await anOrganization();
  });
  // What a test has left would be the oldest of the next one.
  afterEach(() => run());

  const run = () => expiryJob(database.db).runOnce();
  const ask = (sql: string, ...values: unknown[]) =>
    withOrganization(database.db, organizationId, (tx) => tx.query<unknown[]>(sql, [organizationId, ...values]));
  const told = async () =>
    (await metrics.getSingleMetric('relais_retention_oldest_overdue_seconds')!.get()).values[0]?.value;

  async function anOrganization(): Promise<OrganizationId> {
    const id = newId<OrganizationId>();
    await database.db.query('INSERT INTO organization_seen (id) VALUES ($1)', [id]);
    return id;
  }

  /** A message that was recorded, and had its own end, so many hours ago. */
  const put = ({ recorded = 0, ended = null }: { recorded?: number; ended?: number | null }) =>
    ask(
      `INSERT INTO entry (organization_id, conversation_id, seq, id, kind, sender_id, sender_device_id, body, recorded_at, expires_at)
       SELECT $1, x.id, 1, x.id, 'message', x.id, x.id, 'canary', now() - make_interval(hours => $2), now() - make_interval(hours => $3)
       FROM (SELECT gen_random_uuid() AS id) x`,
      ...[recorded, ended],
    );

  /** Somebody else has all messages of the organization at hand meanwhile. */
  const held = (work: () => Promise<unknown>) =>
    withOrganization(database.db, organizationId, async (tx) => {
      await tx.query('SELECT 1 FROM entry e WHERE e.organization_id = $1 FOR UPDATE', [organizationId]);
      await work();
    });

  it('is nothing after a round, where nobody holds it up', async () => {
    await keep(database.db, organizationId, { keepDays: 30 });
    await put({ ended: 2 });
    await put({ recorded: 31 * DAY_HOURS });
    await run();
    expect(await told()).toBe(0);

    await put({ recorded: 29 * DAY_HOURS, ended: -1 });
    await run();
    expect(await told()).toBe(0);
  });

  it('is as old as its own end, and nothing once it was cleared', async () => {
    await put({ ended: 2 });
    await put({ ended: 1 });
    await held(run);
    expect(await told()).toBeCloseTo(2 * 3_600, NEARLY);

    await run();
    expect(await told()).toBe(0);
  });

  it('is as old as the end that its organization has said, the oldest of all organizations', async () => {
    await keep(database.db, organizationId, { keepDays: 30 });
    await put({ recorded: 30 * DAY_HOURS + 3 });
    await held(async () => {
      organizationId = await anOrganization();
      await put({ ended: 2 });
      await held(run);
    });

    expect(await told()).toBeCloseTo(3 * 3_600, NEARLY);
  });

  it('is not what a shorter period has hidden and a longer one would bring back, and is due from the end of that on', async () => {
    await put({ recorded: 400 * DAY_HOURS });
    await keep(database.db, organizationId, { keepDays: 30 });
    const shortened = (hours: number) =>
      ask(
        'UPDATE message_keeping SET shortened_at = now() - make_interval(hours => $2) WHERE organization_id = $1',
        hours,
      );
    await shortened(11);
    await run();
    expect(await told()).toBe(0);

    await shortened(13);
    await held(run);
    expect(await told()).toBeCloseTo(3_600, NEARLY);
  });

  it('is nothing where messages stay as long as their conversation', async () => {
    await put({ recorded: 400 * DAY_HOURS });
    await keep(database.db, organizationId, { keepDays: null });
    await run();

    expect(await told()).toBe(0);
  });

  it('is looked at where clearing fails, and once a minute', async () => {
    await put({ ended: 2 });
    await keep(database.db, organizationId, { keepDays: 30 });
    const away = { countEnded: () => Promise.reject(new Error('away')), destroyEnded: async () => 0 };
    const job = expiryJob(database.db, away);
    await held(() => expect(job.runOnce()).rejects.toThrow());
    expect(await told()).toBeCloseTo(2 * 3_600, NEARLY);

    await job.runOnce().catch(() => undefined);
    expect(await ask('SELECT 1 FROM entry e WHERE e.organization_id = $1 AND e.body IS NOT NULL')).toEqual([]);
    expect(await told()).toBeCloseTo(2 * 3_600, NEARLY);
  });
});
