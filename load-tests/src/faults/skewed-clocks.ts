import { type AlarmReport, ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { generate } from 'otplib';
import { codeOf } from '../system/person.js';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import { Device, untilOk } from './alarm-device.js';
import { Clocks } from './clocks.js';
import type { FaultContext } from './fault-case.js';

const SKEWED = ['gateway-1', 'auth-1', 'alerting-1'];
/** Clocks that are wrong, and clocks that jump while alarms are under way. */
const SHIFTS = [
  ['+300', '-300'],
  ['+3600', '-3600'],
] as const;
const ALARMS = 6;
const PEOPLE = 4;
const WAIT_SECONDS = 10;
/** P-10. */
const LATE_SECONDS = 10;
const GIVE_UP_MS = 30_000;
const SAYS_WITHIN_MS = 10_000;

let found: Record<string, number> = {};
export const skewedClocksLeft = (): Promise<Record<string, number>> => Promise.resolve(found);

/** One gateway, one auth and one alerting have a wrong clock; the others are right, and so is the database. */
export async function skewClocks({ world }: FaultContext): Promise<void> {
  found = {};
  const clocks = new Clocks();
  const undo = [];
  for (const name of SKEWED) undo.push(await world.withEnv(name, clocks.env));
  const sessions = await world.people.atLeast(3);
  const gateways = await world.gateways();
  const devices = sessions.slice(1, 3).map((session) => new Device(session, gateways)) as [Device, Device];
  try {
    for (const shifts of SHIFTS) await onePair(world, clocks, shifts, devices);
    clocks.shift('+0');
    add(
      'replicas that stay unready',
      await count(SKEWED, async (name) => !(await within(() => world.cluster.isReady(name)))),
    );
  } finally {
    clocks.shift('+0');
    await Promise.all(devices.map((device) => device.close()));
    for (const restore of undo) await restore();
    clocks.remove();
  }
}

async function onePair(world: World, clocks: Clocks, shifts: readonly string[], devices: readonly [Device, Device]) {
  const alarmIds = await Promise.all(Array.from({ length: ALARMS }, () => begin(world, devices)));
  for (const shift of shifts) {
    clocks.shift(shift);
    add('replicas that do not see it', await count(SKEWED, (name) => seesNothing(world, name, Number(shift))));
    await people(world, shift);
  }
  const isTold = (id: never) => devices.every((device, step) => device.count(id, step) > 0);
  for (const deadline = performance.now() + GIVE_UP_MS; !alarmIds.every(isTold) && performance.now() < deadline;)
    await pause(200);
  await pause(2_000);
  for (const alarmId of alarmIds) await judge(world, alarmId, devices);
}

/** Not ready, and it says on /metrics by how much it is off. */
async function seesNothing({ cluster }: World, name: string, seconds: number): Promise<boolean> {
  const isUnready = await within(async () => !(await cluster.isReady(name)));
  const text = await (await fetch(`${await cluster.internalUrl(name)}/metrics`)).text();
  const [, skew] = /^relais_clock_skew_seconds (\S+)$/m.exec(text) ?? [];
  return !isUnready || Math.abs(Number(skew) - seconds) > 2;
}

/** New people come in, get tokens, renew them, use them, and show codes of their authenticator apps, by the time that it is. */
async function people(world: World, shift: string): Promise<void> {
  const codes = await Promise.all(
    Array.from({ length: PEOPLE / 2 }, async (_, at) => {
      const person = await world.people.invite(`clock${shift.replace(/\W/, at % 2 ? 'a' : 'b')}x${at}x${Date.now()}`);
      const { factorId, secret } = await person.call(ROUTES.beginTotp, { name: 'app' });
      const totp = await codeOf(person.call(ROUTES.confirmTotp, { factorId, code: await generate({ secret }) }));
      const tokens = [await codeOf(person.refresh()), await codeOf(person.call(ROUTES.me, {}))];
      person.close();
      return { totp, tokens };
    }),
  );
  add('right codes refused', codes.filter(({ totp }) => totp !== 'ok').length);
  add('good tokens refused', codes.flatMap(({ tokens }) => tokens).filter((code) => code !== 'ok').length);
}

async function begin({ people: { owner } }: World, devices: readonly Device[]): Promise<never> {
  const [alarmId, policyId] = [newId<never>(), newId<never>()];
  const steps = devices.map(({ userId }) => ({
    targets: [{ kind: 'user' as const, userId }],
    waitSeconds: WAIT_SECONDS,
  }));
  await untilOk(() => owner.call(ROUTES.putEscalationPolicy, { policyId, policy: { name: 'F-26', steps } }));
  await untilOk(() => owner.call(ROUTES.raiseAlarm, { alarmId, severity: 'emergency', title: 'F-26', policyId }));
  return alarmId;
}

async function judge({ people: { owner } }: World, alarmId: never, devices: readonly Device[]): Promise<void> {
  const told = devices.map((device, step) => device.count(alarmId, step));
  add('tellings missing', told.filter((times) => times === 0).length);
  add('tellings doubled', told.filter((times) => times > 1).length);
  const { items } = await untilOk(() => owner.call(ROUTES.readAlarmReport, { alarmId }));
  const afterSeconds = (queuedAt(items, 1) - queuedAt(items, 0)) / 1_000;
  add('tellings too early', afterSeconds < WAIT_SECONDS ? 1 : 0);
  add('tellings too late', afterSeconds > WAIT_SECONDS + LATE_SECONDS ? 1 : 0);
}

const queuedAt = (items: AlarmReport['items'], step: number): number =>
  Math.min(
    ...items.flatMap(({ told }) => told.flatMap((one) => (one.step === step ? [Date.parse(one.queuedAt)] : []))),
  );

async function within(holds: () => Promise<boolean>): Promise<boolean> {
  for (const deadline = performance.now() + SAYS_WITHIN_MS; performance.now() < deadline; await pause(250))
    if (await holds()) return true;
  return false;
}

async function count<T>(all: readonly T[], holds: (one: T) => Promise<boolean>): Promise<number> {
  return (await Promise.all(all.map(holds))).filter(Boolean).length;
}

const add = (name: string, more: number): void => void (found[name] = (found[name] ?? 0) + more);
