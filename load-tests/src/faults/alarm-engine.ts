import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { type AlarmReport, ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { classIn, replace } from '../mutations/plant.js';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import { Device, untilOk } from './alarm-device.js';
import type { FaultContext } from './fault-case.js';

const PHASES = ['claim', 'committed', 'sending', 'sent'];
/** In each phase. */
const ALARMS = 25;
/** The shortest that a policy may wait. */
const WAIT_SECONDS = 10;
/** P-10: over the end of an engine. */
const LATE_MS = 10_000;
/** P-10. */
const MAY_STILL_BEGIN_MS = 2_000;
/** A replica that ends leaves what it had in its hands to the others after so long. */
const LEASE_MS = 5_000;
/** Whoever takes that over ends one time in three, too; ten in a row do not. Beside the lease it takes time to start again. */
const GIVE_UP_MS = 10 * (LEASE_MS + 3_000);

let found: Record<string, number> = {};
export const alarmsLeft = (): Promise<Record<string, number>> => Promise.resolve(found);

/** One alarm of two steps; every other one is answered by the first to be told. */
interface Trial {
  alarmId: never;
  first: Device;
  second: Device;
  isAnswered: boolean;
}

/** Alerting ends again and again at one point, then at the next; every alarm is still told once, in time, and not too early. */
export async function killAlarmEngines({ world }: FaultContext): Promise<void> {
  found = { 'tellings missing': 0, 'tellings doubled': 0, 'tellings too early': 0, 'tellings too late': 0 };
  found['tellings begun 2 s after an answer'] = 0;
  const sessions = await world.people.atLeast(9);
  const gateways = await world.gateways();
  const devices = sessions.slice(1, 9).map((session) => new Device(session, gateways));
  try {
    for (const phase of PHASES) await onePhase(world, phase, devices);
  } finally {
    await Promise.all(devices.map((device) => device.close()));
    await world.calm();
    await world.plant({});
    world.supervise();
  }
}

async function onePhase(world: World, phase: string, devices: readonly Device[]): Promise<void> {
  await world.calm();
  const module = pathToFileURL(join(import.meta.dirname, '..', 'mutations', 'exit-in-alerting.js')).href;
  await world.plant({ alerting: { module, env: { FAULT_PHASE: phase } } });
  world.supervise();
  const trials = await Promise.all(Array.from({ length: ALARMS }, (_, at) => begin(world, devices, at)));
  const deadline = performance.now() + GIVE_UP_MS;
  while (!trials.every(isTold) && performance.now() < deadline) await pause(200);
  // Whatever comes that must not come has time to: the next step, or the same once more.
  await pause(3_000 + Math.max(WAIT_SECONDS * 1_000, phase === 'sent' ? LEASE_MS : 0));
  for (const trial of trials) await judge(world, trial);
}

async function begin({ people }: World, devices: readonly Device[], at: number): Promise<Trial> {
  const [first, second] = [devices[at % 8] as Device, devices[(at + 1) % 8] as Device];
  const alarmId = newId<never>();
  const policyId = newId<never>();
  const step = (device: Device) => ({
    targets: [{ kind: 'user' as const, userId: device.userId }],
    waitSeconds: WAIT_SECONDS,
  });
  const policy = { name: 'two steps', steps: [step(first), step(second)] };
  const trial = { alarmId, first, second, isAnswered: at % 2 === 0 };
  if (trial.isAnswered) first.answers.add(alarmId);
  await untilOk(() => people.owner.call(ROUTES.putEscalationPolicy, { policyId, policy }));
  const raised = { alarmId, severity: 'emergency' as const, title: 'F-09', policyId };
  await untilOk(() => people.owner.call(ROUTES.raiseAlarm, raised));
  return trial;
}

const isTold = ({ alarmId, first, second, isAnswered }: Trial): boolean =>
  first.count(alarmId, 0) > 0 && (isAnswered || second.count(alarmId, 1) > 0);

async function judge({ people }: World, { alarmId, first, second, isAnswered }: Trial): Promise<void> {
  const [one, two] = [first.count(alarmId, 0), second.count(alarmId, 1)];
  add('tellings missing', (one === 0 ? 1 : 0) + (!isAnswered && two === 0 ? 1 : 0));
  add('tellings doubled', Math.max(0, one - 1) + Math.max(0, two - 1));
  const { items } = await untilOk(() => people.owner.call(ROUTES.readAlarmReport, { alarmId }));
  if (isAnswered) return add('tellings begun 2 s after an answer', begunAfterAnswer(items));
  const [began, went] = [0, 1].map((step) =>
    Math.min(
      ...items.flatMap(({ told }) => told.filter((one) => one.step === step).map((one) => Date.parse(one.queuedAt))),
    ),
  ) as [number, number];
  const afterMs = went - began;
  add('tellings too early', afterMs < WAIT_SECONDS * 1_000 ? 1 : 0);
  add('tellings too late', afterMs > WAIT_SECONDS * 1_000 + LATE_MS ? 1 : 0);
}

/** P-10, by the server's clock: an answer may itself come late when whoever takes it has just ended. */
function begunAfterAnswer(items: AlarmReport['items']): number {
  const answered = Math.min(...items.flatMap(({ answeredAt }) => (answeredAt ? [Date.parse(answeredAt)] : [])));
  return items
    .flatMap(({ told }) => told)
    .filter(({ queuedAt, sentAt }) => Date.parse(sentAt ?? queuedAt) > answered + MAY_STILL_BEGIN_MS).length;
}

const add = (name: string, count: number): void => void (found[name] = (found[name] ?? 0) + count);

/** Planted bug in the client: what comes twice is shown twice. @returns takes the bug out again */
export async function forgetfulDevices(): Promise<() => void> {
  const inbox = await classIn('libs/sdk/dist/realtime/alarm-inbox.js', 'AlarmInbox');
  const { arrived } = inbox.prototype;
  replace(inbox, 'arrived', () => () => true);
  return () => {
    inbox.prototype['arrived'] = arrived as never;
  };
}
