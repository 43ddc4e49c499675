import { ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import { inDatabase } from './admin-database.js';
import { percentile } from './driver.js';
import { RelaisSocket } from './relais-socket.js';

const WAIT_MS = 60_000;

export interface MassAlarmResult {
  recipients: number;
  sockets: number;
  /** From the request to raise it. */
  firstDeviceMs: number;
  p99DeviceMs: number;
  /** By the clock of the database: from the alarm until its last notification was written. */
  committedMs: number;
}

/** People without devices, written by the database itself as copies of the owner whose names nobody will open. */
export function growPeople(world: World, people: number): Promise<unknown> {
  const { organizationId, userId } = world.people.owner.tokens;
  return inDatabase(world, 'auth', async (client) => {
    await client.query(
      `WITH made AS (
         INSERT INTO app_user (organization_id, id, role, state, email_index, email_sealed, display_name_sealed, password_hash, created_at)
         SELECT u.organization_id, gen_random_uuid(), 'member', 'active', sha256(n::text::bytea), u.email_sealed,
                u.display_name_sealed, u.password_hash, now()
         FROM app_user u, generate_series((SELECT count(*) FROM app_user), $3::int - 1) AS n
         WHERE u.organization_id = $1 AND u.id = $2 RETURNING organization_id, id)
       INSERT INTO pool_user (organization_id, pool_id, user_id)
       SELECT m.organization_id, p.id, m.id FROM made m JOIN pool p USING (organization_id) WHERE p.is_default`,
      [organizationId, userId, people],
    );
    await client.query('ANALYZE app_user, pool_user');
  });
}

/** An emergency to everybody, some of whom have a socket. Ready when it is made; `raise` can be timed. */
export class MassAlarm {
  private readonly alarmId = newId<never>();
  private readonly heardMs: number[] = [];
  private readonly sockets: RelaisSocket[] = [];

  private constructor(private readonly world: World) {}

  static async ready(world: World, { recipients, sockets }: { recipients: number; sockets: number }) {
    const sessions = await world.people.atLeast(sockets);
    await growPeople(world, recipients);
    const gateways = await world.gateways();
    const alarm = new MassAlarm(world);
    for (const [at, session] of sessions.entries())
      alarm.listen(await RelaisSocket.open(gateways[at % gateways.length] as string, session));
    await pause(1_000);
    return alarm;
  }

  async raise(): Promise<MassAlarmResult> {
    const { world, alarmId, heardMs, sockets } = this;
    const beganAtMs = performance.now();
    const { recipients } = await world.people.owner.call(ROUTES.raiseAlarm, {
      ...{ alarmId, severity: 'emergency', title: 'Everybody out', text: 'Gather at the gate' },
      audience: { everyone: true },
    });
    while (heardMs.length < sockets.length && performance.now() - beganAtMs < WAIT_MS) await pause(20);
    const deaf = sockets.length - heardMs.length;
    if (deaf > 0) throw new Error(`${deaf} of ${sockets.length} devices did not hear the alarm`);
    let ledger = await ledgerOf(world, alarmId);
    while (ledger.told < recipients && performance.now() - beganAtMs < WAIT_MS) ledger = await ledgerOf(world, alarmId);
    const { told, ms } = ledger;
    const latencies = heardMs.map((at) => at - beganAtMs).toSorted((x, y) => x - y);
    return {
      ...{ recipients: told, sockets: sockets.length, committedMs: ms },
      ...{ firstDeviceMs: latencies[0] ?? NaN, p99DeviceMs: percentile(latencies, 0.99) },
    };
  }

  close(): void {
    for (const socket of this.sockets) socket.close();
  }

  private listen(socket: RelaisSocket): void {
    let hasIt = false;
    socket.onAlarm = ({ alarm, step, cycle }) => {
      if (alarm.id !== this.alarmId || hasIt) return;
      hasIt = true;
      this.heardMs.push(performance.now());
      socket.markAlarm({ alarmId: alarm.id, step, cycle });
    };
    this.sockets.push(socket);
  }
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
