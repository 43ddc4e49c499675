import { type AlarmReport, ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { pause } from '../world/random.js';
import { Watchdog } from '../world/watchdog.js';
import type { World } from '../world/world.js';
import { Device, untilOk } from './alarm-device.js';
import type { FaultContext } from './fault-case.js';

const ALARMS = 12;
const WAIT_SECONDS = 10;
/** P-12. */
const SAID_WITHIN_MS = 60_000;
/** Until everything that was due is told after the thaw. */
const TOLD_WITHIN_MS = 30_000;
const REPLICAS = ['alerting-1', 'alerting-2'];

let found: Record<string, number> = {};
export const frozenAlertingLeft = (): Promise<Record<string, number>> => Promise.resolve(found);

/** All of alerting stands still while alarms are under way and one is raised. */
export async function freezeAlerting({ world }: FaultContext): Promise<void> {
  found = {};
  const sessions = await world.people.atLeast(3);
  const gateways = await world.gateways();
  const [first, second] = sessions.slice(1, 3).map((session) => new Device(session, gateways)) as [Device, Device];
  const watchdog = await Watchdog.start(world);
  try {
    found['watchdogs that saw nothing before'] = (await watchdog.says(true, SAID_WITHIN_MS)) === undefined ? 1 : 0;
    const alarmIds = await Promise.all(Array.from({ length: ALARMS }, () => begin(world, first, second)));
    await until(() => alarmIds.every((id) => first.count(id, 0) > 0), TOLD_WITHIN_MS);
    const raised = await freeze(world, watchdog, first, second);
    await until(() => [...alarmIds, raised].every((id) => second.count(id, 1) > 0), TOLD_WITHIN_MS);
    found['watchdogs that saw nothing after'] = (await watchdog.says(true, SAID_WITHIN_MS)) === undefined ? 1 : 0;
    // Whatever comes that must not come has time to.
    await pause(3_000);
    for (const alarmId of [...alarmIds, raised]) await judge(world, alarmId, first, second);
  } finally {
    await Promise.all([first.close(), second.close(), watchdog.stop()]);
  }
}

/** Longer than any step waits. @returns the alarm that somebody raised meanwhile, again and again until it was taken */
async function freeze(world: World, watchdog: Watchdog, first: Device, second: Device): Promise<never> {
  await Promise.all(REPLICAS.map((name) => world.cluster.kill(name, 'SIGSTOP')));
  const raising = begin(world, first, second);
  const [afterMs] = await Promise.all([watchdog.says(false, SAID_WITHIN_MS), pause((WAIT_SECONDS + 5) * 1_000)]);
  found['watchdogs that said nothing within 60 s'] = afterMs === undefined ? 1 : 0;
  await Promise.all(REPLICAS.map((name) => world.cluster.kill(name, 'SIGCONT')));
  return raising;
}

async function begin({ people }: World, first: Device, second: Device): Promise<never> {
  const [alarmId, policyId] = [newId<never>(), newId<never>()];
  const steps = [first, second].map(({ userId }) => ({
    targets: [{ kind: 'user' as const, userId }],
    waitSeconds: WAIT_SECONDS,
  }));
  await untilOk(() => people.owner.call(ROUTES.putEscalationPolicy, { policyId, policy: { name: 'F-42', steps } }));
  const raised = { alarmId, severity: 'emergency' as const, title: 'F-42', policyId };
  await untilOk(() => people.owner.call(ROUTES.raiseAlarm, raised));
  return alarmId;
}

async function judge({ people }: World, alarmId: never, first: Device, second: Device): Promise<void> {
  const told = [first.count(alarmId, 0), second.count(alarmId, 1)];
  add('tellings missing', told.filter((count) => count === 0).length);
  add('tellings doubled', told.filter((count) => count > 1).length);
  const { items } = await untilOk(() => people.owner.call(ROUTES.readAlarmReport, { alarmId }));
  add('tellings too early', secondsBetween(items) < WAIT_SECONDS ? 1 : 0);
}

/** Between the two steps, by the server. */
function secondsBetween(items: AlarmReport['items']): number {
  const [one, two] = [0, 1].map((step) =>
    Math.min(
      ...items.flatMap(({ told }) => told.filter((one) => one.step === step).map((one) => Date.parse(one.queuedAt))),
    ),
  ) as [number, number];
  return (two - one) / 1_000;
}

async function until(holds: () => boolean, withinMs: number): Promise<void> {
  for (const deadline = performance.now() + withinMs; !holds() && performance.now() < deadline;) await pause(200);
}

const add = (name: string, count: number): void => void (found[name] = (found[name] ?? 0) + count);
