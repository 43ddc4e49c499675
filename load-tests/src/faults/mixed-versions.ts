import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import { Device, untilOk } from './alarm-device.js';
import type { FaultContext } from './fault-case.js';

const HERE = resolve(import.meta.dirname, '..', '..', '..');
const OTHER = process.env.RELAIS_SERVICES_OF && resolve(process.env.RELAIS_SERVICES_OF);
/** People talk so long over replicas of both. */
const SIDE_BY_SIDE_MS = 2_000;
/** Whom an alarm tells: few are told one by one, many at once. */
const FEW = 4;
const MANY = 12;
const TOLD_WITHIN_MS = 10_000;
/** Nobody is told a second time during a run. */
const WAIT_SECONDS = 600;

let found: Record<string, number> = {};
export const mixedVersionsLeft = (): Promise<Record<string, number>> => Promise.resolve(found);

export const noOtherCheckout = (): string | undefined =>
  OTHER && OTHER !== HERE
    ? undefined
    : 'set RELAIS_SERVICES_OF to another checkout, built: its services are rolled to these (docs/releases/README.md)';

/**
 * Everything but the gateways is rolled first, and rolled back last: services that are ahead of all gateways are what an upgrade
 * has for longest, as gateways drain. Each service has replicas of both side by side on the way there and on the way back.
 */
export async function rollThereAndBack({ world }: FaultContext): Promise<void> {
  found = { 'replicas of the wrong checkout': 0, 'tellings missing': 0 };
  const stages = stagesOf(world);
  const gateways = await world.gateways();
  const sessions = await world.people.atLeast(MANY + 1);
  const devices = sessions
    .slice(1, MANY + 1)
    .map((session, at) => new Device(session, at % 2 === 0 ? gateways : gateways.toReversed()));
  try {
    for (const names of stages) await oneStage(world, names, true, devices);
    for (const names of stages.toReversed()) await oneStage(world, names, false, devices);
  } finally {
    await Promise.all(devices.map((device) => device.close()));
  }
}

function stagesOf({ cluster }: World): string[][] {
  const names = (isGateway: boolean, number: number) =>
    cluster.replicas
      .filter((replica) => (replica.service === 'gateway') === isGateway && replica.number === number)
      .map(({ name }) => name);
  return [names(false, 2), names(false, 1), names(true, 2), names(true, 1)];
}

async function oneStage(world: World, names: readonly string[], isUpgraded: boolean, devices: readonly Device[]) {
  for (const name of names) await world.roll(name, isUpgraded);
  const wrong = names.filter((name) => !runs(world, name, isUpgraded ? HERE : OTHER));
  add('replicas of the wrong checkout', wrong.length);
  await Promise.all(devices.map((device) => device.whenOnline()));
  await Promise.all([tell(world, devices.slice(0, FEW)), tell(world, devices), pause(SIDE_BY_SIDE_MS)]);
}

/** Raises an alarm to all of these. Whoever shows it too late was not told in time by anybody. */
async function tell({ people }: World, devices: readonly Device[]): Promise<void> {
  const [alarmId, policyId] = [newId<never>(), newId<never>()];
  const targets = devices.map(({ userId }) => ({ kind: 'user' as const, userId }));
  const policy = { name: 'F-24', steps: [{ targets, waitSeconds: WAIT_SECONDS }] };
  await untilOk(() => people.owner.call(ROUTES.putEscalationPolicy, { policyId, policy }));
  const raised = { alarmId, severity: 'emergency' as const, title: 'F-24', policyId };
  await untilOk(() => people.owner.call(ROUTES.raiseAlarm, raised));
  const untold = () => devices.filter((device) => device.count(alarmId, 0) === 0).length;
  for (const deadline = performance.now() + TOLD_WITHIN_MS; untold() > 0 && performance.now() < deadline;)
    await pause(100);
  add('tellings missing', untold());
}

const runs = ({ cluster }: World, name: string, checkout = ''): boolean =>
  readFileSync(`/proc/${cluster.pid(name)}/cmdline`, 'utf8').includes(`\0${checkout}/apps/`);

const add = (name: string, count: number): void => void (found[name] = (found[name] ?? 0) + count);
