import { type AlarmReport, ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { OwnClock } from '@relais/testing';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import { Device, untilOk } from './alarm-device.js';
import { Clocks } from './clocks.js';
import type { FaultContext } from './fault-case.js';

interface Night {
  startsOn: string;
  /** When 02:30 is first reached in Berlin; then when the clock is changed, and when 02:30 is on it once more, or would have been. */
  moments: readonly [handOver: string, ...later: string[]];
}

const NIGHTS: readonly Night[] = [
  { startsOn: '2026-03-28', moments: ['2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z'] },
  { startsOn: '2026-10-24', moments: ['2026-10-25T00:30:00Z', '2026-10-25T01:00:00Z', '2026-10-25T01:30:00Z'] },
];
const REPLICAS = ['alerting-1', 'alerting-2'];
const BEFORE_MS = 8_000;
const WAIT_SECONDS = 10;
/** P-10. */
const LATE_MS = 10_000;

let found: Record<string, number> = {};
export const nightsLeft = (): Promise<Record<string, number>> => Promise.resolve(found);

/** Alarms are under way while people hand over at 02:30 in the nights on which the clocks of Berlin are changed. */
export async function changeClocks({ world }: FaultContext): Promise<void> {
  found = {};
  const sessions = await world.people.atLeast(5);
  const gateways = await world.gateways();
  const devices = sessions.slice(1, 5).map((session) => new Device(session, gateways)) as [
    Device,
    Device,
    Device,
    Device,
  ];
  const past = await Past.begin(world);
  try {
    for (const night of NIGHTS) await spend(world, past, night, devices);
  } finally {
    await past.end();
    await Promise.all(devices.map((device) => device.close()));
  }
}

async function spend(
  world: World,
  past: Past,
  { startsOn, moments }: Night,
  devices: readonly Device[],
): Promise<void> {
  const [anna, ben, carol, dave] = devices as [Device, Device, Device, Device];
  const { owner } = world.people;
  const [duty, rosterId] = [newId<never>(), newId<never>()];
  await past.travel(Date.parse(moments[0]) - 2 * BEFORE_MS);
  const layer = { userIds: [anna.userId, ben.userId], shift: { unit: 'days' as const, length: 1 } };
  const layers = [{ ...layer, timeZone: 'Europe/Berlin', startsOn, handOverAt: '02:30' }];
  await untilOk(() => owner.call(ROUTES.putRoster, { rosterId, roster: { name: 'nights', layers } }));
  const raised = { alarmId: duty, severity: 'emergency' as const, title: 'F-43' };
  await untilOk(() => owner.call(ROUTES.raiseAlarm, { ...raised, audience: { rosterIds: [rosterId] } }));
  const [first, ...later] = moments;
  const steps = [await across(world, past, Date.parse(first), [carol, dave])];
  await judgeHandOver(world, duty, past.presentOf(Date.parse(first)), [anna, ben]);
  for (const moment of later) steps.push(await across(world, past, Date.parse(moment), [carol, dave]));
  count([anna.count(duty, 0), ben.count(duty, 0)]);
  for (const alarmId of steps) await judgeSteps(world, alarmId, [carol, dave]);
  for (const alarmId of [duty, ...steps])
    await untilOk(() => owner.call(ROUTES.endAlarm, { alarmId, as: 'all_clear' }));
}

/** Lives from some seconds before a moment until some after it. @returns an alarm whose second step comes after it */
async function across({ people: { owner } }: World, past: Past, moment: number, devices: Device[]): Promise<never> {
  const [alarmId, policyId] = [newId<never>(), newId<never>()];
  const steps = devices.map(({ userId }) => ({
    targets: [{ kind: 'user' as const, userId }],
    waitSeconds: WAIT_SECONDS,
  }));
  await untilOk(() => owner.call(ROUTES.putEscalationPolicy, { policyId, policy: { name: 'F-43', steps } }));
  await past.travel(moment - BEFORE_MS);
  await untilOk(() => owner.call(ROUTES.raiseAlarm, { alarmId, severity: 'emergency', title: 'F-43', policyId }));
  // The second step and the hand-over each have as long as they may take, and what must not come has time to.
  await pause(Math.max(BEFORE_MS, WAIT_SECONDS * 1_000) + LATE_MS);
  return alarmId;
}

async function judgeHandOver(
  world: World,
  alarmId: never,
  at: number,
  [before, after]: [Device, Device],
): Promise<void> {
  const { items } = await untilOk(() => world.people.owner.call(ROUTES.readAlarmReport, { alarmId }));
  const [first, second] = [queuedAt(items, before), queuedAt(items, after)];
  add('told before they were on duty', second < at ? 1 : 0);
  add('told after they were on duty', first >= at ? 1 : 0);
  add('tellings too late', second > at + LATE_MS ? 1 : 0);
}

async function judgeSteps(world: World, alarmId: never, [first, second]: [Device, Device]): Promise<void> {
  const { items } = await untilOk(() => world.people.owner.call(ROUTES.readAlarmReport, { alarmId }));
  count([first.count(alarmId, 0), second.count(alarmId, 1)]);
  const afterMs = queuedAt(items, second) - queuedAt(items, first);
  add('tellings too early', afterMs < WAIT_SECONDS * 1_000 ? 1 : 0);
  add('tellings too late', afterMs > WAIT_SECONDS * 1_000 + LATE_MS ? 1 : 0);
}

function count(tellings: readonly number[]): void {
  add('tellings missing', tellings.filter((times) => times === 0).length);
  add('tellings doubled', tellings.filter((times) => times > 1).length);
}

/** In the present: the defaults of columns know no other time. */
const queuedAt = (items: AlarmReport['items'], { userId }: Device): number =>
  Math.min(
    ...items.flatMap((one) => (one.userId === userId ? one.told.map(({ queuedAt }) => Date.parse(queuedAt)) : [])),
  );

const add = (name: string, more: number): void => void (found[name] = (found[name] ?? 0) + more);

/** Another time for alerting alone: for its database and for its processes, which refuse to work where the two differ. */
class Past {
  private readonly undo: (() => Promise<void>)[] = [];
  private aheadMs = 0;

  private constructor(
    private readonly database: OwnClock,
    private readonly clocks: Clocks,
  ) {}

  static async begin(world: World): Promise<Past> {
    const { DATABASE_OWNER_URL: ownerUrl, DATABASE_URL: appUrl } = world.cluster.databases('alerting');
    const past = new Past(await OwnClock.in({ ownerUrl, appUrl }), new Clocks());
    await past.travel(Date.parse(NIGHTS[0]?.moments[0] ?? '') - 60_000);
    // Each gives back its leases by the clock it took them by.
    for (const name of REPLICAS) past.undo.push(await world.withEnv(name, past.clocks.env));
    return past;
  }

  /** Forwards only, once it has begun: leases and timers stand for what they stood for. */
  async travel(at: number): Promise<void> {
    this.aheadMs = at - Date.now();
    this.clocks.shift((this.aheadMs / 1_000).toFixed(3));
    await this.database.set(at);
  }

  /** When it is here what it is there then, if nobody travels meanwhile. */
  presentOf(there: number): number {
    return there - this.aheadMs;
  }

  async end(): Promise<void> {
    await this.database.remove();
    this.clocks.shift('+0');
    for (const restore of this.undo) await restore();
    await this.database.close();
    this.clocks.remove();
  }
}
