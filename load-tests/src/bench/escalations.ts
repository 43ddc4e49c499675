import { ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import { inDatabase } from './admin-database.js';

const ALARMS = 200;

export interface EscalationsResult {
  /** A look at what is due, and doing it: the mean. */
  cycleMs: number;
  /** CPU of alerting for one alarm that is raised and told, ms. */
  cpuMsPerAlarm: number;
}

/** Open escalations that wait for their next step: written by the database itself, due in hours. */
export function growEscalations(world: World, open: number): Promise<unknown> {
  const { organizationId } = world.people.owner.tokens;
  return inDatabase(world, 'alerting', async (client) => {
    await client.query(
      `WITH made AS (
         INSERT INTO alarm (organization_id, id, severity, state, content_sealed, request_digest, needed, step_count, source)
         SELECT $1, gen_random_uuid(), 'alarm', 'open', '\\x00', '\\x00', 1, 2, 'bench'
         FROM generate_series((SELECT count(*) FROM alarm WHERE source = 'bench'), $2::int - 1) RETURNING organization_id, id)
       INSERT INTO timer (organization_id, subject_id, kind, step, due_at)
       SELECT m.organization_id, m.id, 'step', 1, now() + interval '5 hours' FROM made m`,
      [organizationId, open],
    );
    await client.query('ANALYZE alarm, timer');
  });
}

/** What the engine costs while alarms are raised, with whatever is open beside them. */
export async function measureEscalations(world: World): Promise<EscalationsResult> {
  const before = await readingOf(world);
  for (let at = 0; at < ALARMS; at++) {
    await world.people.owner.call(ROUTES.raiseAlarm, {
      ...{ alarmId: newId<never>(), severity: 'emergency', title: 'One of many', needed: 0 },
      audience: { userIds: [world.people.owner.tokens.userId] },
    });
  }
  await pause(2_000);
  const after = await readingOf(world);
  return {
    cycleMs: ((after.cycleSeconds - before.cycleSeconds) / (after.cycles - before.cycles)) * 1_000,
    cpuMsPerAlarm: ((after.cpuSeconds - before.cpuSeconds) / ALARMS) * 1_000,
  };
}

/** The share of a core that an engine takes which has nothing to do. */
/** Ten seconds after its start a process collects its garbage once more; that is no work of the engine. */
const SETTLING_MS = 15_000;

export async function measureIdleEngine(world: World, seconds: number): Promise<number> {
  await pause(SETTLING_MS);
  const before = world.cluster.usage('alerting-1').cpuSeconds;
  await pause(seconds * 1_000);
  return (world.cluster.usage('alerting-1').cpuSeconds - before) / seconds;
}

async function readingOf(world: World) {
  const url = await world.cluster.internalUrl('alerting-1');
  const text = await (await fetch(`${url}/metrics`)).text();
  const valueOf = (name: string): number =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((sum, [, v]) => sum + Number(v), 0);
  const name = 'relais_alarm_engine_cycle_duration_seconds';
  return {
    cycleSeconds: valueOf(`${name}_sum`),
    cycles: valueOf(`${name}_count`),
    cpuSeconds: world.cluster.usage('alerting-1').cpuSeconds,
  };
}
