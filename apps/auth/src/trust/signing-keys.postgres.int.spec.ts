import { FixedClock } from '@relais/testing';
import { type AuthDatabases, authDatabases } from '../../test/databases.js';
import { SigningKeys } from './signing-keys.postgres.js';

const DAY_MS = 86_400_000;
const PERIOD_MS = 30 * DAY_MS;

describe('signing keys', () => {
  let clock: FixedClock;
  let databases: AuthDatabases;
  const replica = () => new SigningKeys(databases.database, databases.provider, clock, PERIOD_MS);
  const kids = (keys: SigningKeys) => keys.published().map(({ kid }) => kid);

  beforeEach(async () => {
    clock = new FixedClock();
    databases = await authDatabases(clock);
  });

  afterEach(() => databases.close());

  it('are made once, however many replicas start at the same time', async () => {
    const replicas = Array.from({ length: 5 }, replica);

    await Promise.all(replicas.map((keys) => keys.refresh()));

    expect(new Set(replicas.map((keys) => keys.current().kid)).size).toBe(1);
    expect(new Set(replicas.flatMap(kids)).size).toBe(2);
  });

  it('are sealed in the database', async () => {
    const keys = replica();
    await keys.refresh();
    const der = keys.current().privateKey.export({ type: 'pkcs8', format: 'der' });

    const rows: { private_sealed: Buffer }[] = await databases.db.query('SELECT k.private_sealed FROM signing_key k');

    for (const { private_sealed } of rows) expect(private_sealed.includes(der.subarray(-32))).toBe(false);
  });

  it('publish the next one long before it signs, without a replica that has not looked since missing the change', async () => {
    const keys = replica();
    await keys.refresh();
    const [first, second] = kids(keys);

    clock.advance(PERIOD_MS - 1);
    expect(keys.current().kid).toBe(first);
    clock.advance(1);
    expect(keys.current().kid).toBe(second);

    await keys.refresh();
    expect(kids(keys)).toEqual([first, second, expect.any(String)]);
  });

  it('stay published until what they signed has expired, and then go', async () => {
    const keys = replica();
    await keys.refresh();
    const [first] = kids(keys);
    clock.advance(PERIOD_MS + 600_000);
    await keys.refresh();
    expect(kids(keys)).toContain(first);

    clock.advance(1);
    await keys.refresh();
    expect(kids(keys)).not.toContain(first);
    expect(kids(keys)).toHaveLength(2);
  });

  it('begin anew when nothing ran for longer than they last', async () => {
    const keys = replica();
    await keys.refresh();
    const before = kids(keys);

    clock.advance(3 * PERIOD_MS);
    const later = replica();
    await later.refresh();

    expect(before).not.toContain(later.current().kid);
    expect(kids(later)).toHaveLength(2);
  });
});
