import { ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import { inDatabase } from './admin-database.js';
import { percentile } from './driver.js';
import type { Listeners } from './listeners.js';
import { spent } from './message-path.js';

const WAIT_MS = 60_000;
const SMALL_ALARMS = 50;

export interface MassAlarmResult {
  recipients: number;
  sockets: number;
  /** From the request to raise it. */
  firstDeviceMs: number;
  p99DeviceMs: number;
  /** By the clock of the database: from the alarm until its last notification was written. */
  committedMs: number;
  /** From the request until the last device has heard and the last row is written, ms of the steady clock. */
  beganAtMs: number;
  endedAtMs: number;
  /** CPU time of each server meanwhile, with what else they did. */
  cpuSeconds: Record<string, number>;
}

/**
 * People without devices, written by the database itself as copies of the owner whose names nobody will open. In the order of ids they
 * stand between those who are there: who has a device has nothing to do with when they came.
 */
export function growPeople(world: World, people: number): Promise<unknown> {
  const { organizationId, userId } = world.people.owner.tokens;
  return inDatabase(world, 'auth', async (client) => {
    await client.query(
      `WITH known AS (
         SELECT k.id, row_number() OVER (ORDER BY k.id) - 1 AS at, count(*) OVER () AS total FROM app_user k WHERE k.organization_id = $1
       ), made AS (
         INSERT INTO app_user (organization_id, id, role, state, email_index, email_sealed, display_name_sealed, name_indexed, password_hash, created_at)
         SELECT u.organization_id, (left(k.id::text, 18) || right(gen_random_uuid()::text, 18))::uuid, 'member', 'active', sha256(n::text::bytea), u.email_sealed,
                u.display_name_sealed, sha256(u.display_name_sealed), u.password_hash, now()
         FROM app_user u, generate_series((SELECT count(*) FROM app_user c WHERE c.organization_id = $1), $3::int - 1) AS n JOIN known k ON k.at = n % k.total
         WHERE u.organization_id = $1 AND u.id = $2 RETURNING organization_id, id)
       INSERT INTO pool_user (organization_id, pool_id, user_id)
       SELECT m.organization_id, p.id, m.id FROM made m JOIN pool p USING (organization_id) WHERE p.is_default`,
      [organizationId, userId, people],
    );
    await client.query('ANALYZE app_user, pool_user');
  });
}

/** Alarms of one person, and what autovacuum does within a minute of them: nobody's first alarm is one to everybody. */
export async function raiseSmallAlarms(world: World): Promise<void> {
  const { owner } = world.people;
  for (let at = 0; at < SMALL_ALARMS; at++)
    await owner.call(ROUTES.raiseAlarm, {
      ...{ alarmId: newId<never>(), severity: 'notice', title: 'One of many', needed: 0 },
      audience: { userIds: [owner.tokens.userId] },
    });
  await pause(1_000);
  await inDatabase(world, 'alerting', (client) => client.query('ANALYZE'));
}

/** An emergency to everybody, some of whom have a socket. */
export async function raiseMassAlarm(world: World, listeners: Listeners, sockets: number): Promise<MassAlarmResult> {
  const alarmId = newId<never>();
  const before = world.cluster.cpuSeconds();
  const beganAtMs = performance.now();
  const { recipients } = await world.people.owner.call(ROUTES.raiseAlarm, {
    ...{ alarmId, severity: 'emergency', title: 'Everybody out', text: 'Gather at the gate' },
    audience: { everyone: true },
  });
  const heard = listeners.heardAtMs(alarmId);
  const isTime = () => performance.now() - beganAtMs < WAIT_MS;
  while (heard.length < sockets && isTime()) await pause(20);
  if (heard.length < sockets) throw new Error(`${sockets - heard.length} of ${sockets} devices did not hear the alarm`);
  let ledger = await ledgerOf(world, alarmId);
  while (ledger.told < recipients && isTime()) {
    await pause(100);
    ledger = await ledgerOf(world, alarmId);
  }
  const latencies = heard.map((at) => at - performance.timeOrigin - beganAtMs).toSorted((x, y) => x - y);
  return {
    ...{ recipients: ledger.told, sockets, committedMs: ledger.ms, beganAtMs },
    ...{ firstDeviceMs: latencies[0] ?? NaN, p99DeviceMs: percentile(latencies, 0.99) },
    endedAtMs: beganAtMs + Math.max(latencies.at(-1) ?? NaN, ledger.ms),
    cpuSeconds: spent(before, world.cluster.cpuSeconds()),
  };
}

const ledgerOf = (world: World, alarmId: string): Promise<{ told: number; ms: number }> =>
  inDatabase(world, 'alerting', async (client) => {
    const { rows } = await client.query<{ told: number; ms: number }>(
      `SELECT count(*)::int AS told, (extract(epoch FROM max(n.queued_at) - min(a.raised_at)) * 1000)::float8 AS ms
       FROM alarm a JOIN notification n ON n.organization_id = a.organization_id AND n.alarm_id = a.id
       WHERE a.id = $1 AND n.step = 0 AND n.cycle = 0 AND n.path = 'socket'`,
      [alarmId],
    );
    return rows[0] as { told: number; ms: number };
  });
