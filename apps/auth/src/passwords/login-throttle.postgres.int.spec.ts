import { FixedClock } from '@relais/testing';
import { type AuthDatabases, authDatabases } from '../../test/databases.js';
import { codeOf } from '../../test/world.js';
import { type Attempt, LoginThrottle } from './login-throttle.postgres.js';

describe('the login throttle', () => {
  let clock: FixedClock;
  let databases: AuthDatabases;
  let throttle: LoginThrottle;

  beforeAll(async () => {
    clock = new FixedClock();
    databases = await authDatabases(clock);
    throttle = new LoginThrottle(databases.database, databases.personal, clock);
  });

  afterAll(() => databases.close());

  let accounts = 0;
  const attempt = (): Attempt => ({
    organization: 'brigade',
    email: `alice-${++accounts}@example.org`,
    deviceId: 'phone',
    isKnownDevice: false,
  });
  const many = (count: number, of: (index: number) => Attempt) =>
    Promise.all(Array.from({ length: count }, (_, index) => codeOf(throttle.count(of(index)))));
  const passed = (codes: string[]) => codes.filter((code) => code === 'ok').length;

  it('lets ten tries through per account and device in fifteen minutes, also when they come together', async () => {
    const alice = attempt();

    expect(passed(await many(30, () => alice))).toBe(10);
    expect(passed(await many(3, () => ({ ...alice, deviceId: 'tablet' })))).toBe(3);

    clock.advance(15 * 60_000);
    expect(passed(await many(30, () => alice))).toBe(10);
  });

  it('says when to come back', async () => {
    const alice = attempt();
    await many(10, () => alice);
    clock.advance(60_000);

    await expect(throttle.count(alice)).rejects.toMatchObject({ kind: 'rate_limited', retryAfterMs: 14 * 60_000 });
  });

  it('stops strangers with ever new devices after a hundred, but never a device the person has used (A-20)', async () => {
    const alice = attempt();

    const codes = await many(150, (index) => ({ ...alice, deviceId: `made-up-${index}` }));

    expect(passed(codes)).toBe(100);
    await expect(throttle.count({ ...alice, isKnownDevice: true })).resolves.toBeUndefined();
  });

  it('forgets failures after a success', async () => {
    const alice = attempt();
    await many(9, () => alice);

    await throttle.forgive(alice);

    expect(passed(await many(12, () => alice))).toBe(10);
  });

  it('takes all spellings of an address as one account, and keeps none of them', async () => {
    const alice = attempt();
    await many(10, () => alice);

    expect(await codeOf(throttle.count({ ...alice, email: ` ${alice.email.toUpperCase()}` }))).toBe('login_throttled');
    const rows: { key: Buffer }[] = await databases.db.query('SELECT t.key FROM login_throttle t');
    for (const { key } of rows) expect(key).toHaveLength(32);
  });
});
