import type { Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { type AlarmRow, lockAlarm } from '../alarms/alarm-rows.postgres.js';
import { type StepOfAlarm, stepOf, type StepRules } from '../alarms/step-rows.postgres.js';
import { alarmSubject, recordFact, systemSubject } from '../facts/record-fact.js';
import { peopleUnreachable, stepCame } from '../metrics.js';
import type { Hand } from '../notifications/hand.js';
import { priorityOf, targetsOf } from '../notifications/notification-rows.postgres.js';
import { FIRST_AT_ONCE, TOLD_AT_ONCE, tellFirst } from '../notifications/tell.postgres.js';
import { tellAgain, type ToldAgain } from '../notifications/tell-again.postgres.js';
import { keepForRole, tellByRole } from '../rosters/role-rows.postgres.js';
import { applies } from './step-conditions.js';
import { setTimer, type Timer } from './timers.postgres.js';

/** What is due within so long of each other is done at once. */
const TOGETHER_SECONDS = 0.25;

export interface OnDutyNow {
  rosterId: string;
  userId: UserId;
}

/** Knows who is on duty. */
export abstract class OnDuty {
  /** Who is on duty in these rosters now, by the clock of the transaction's database. */
  abstract in(tx: Tx, organizationId: OrganizationId, rosterIds: readonly string[]): Promise<OnDutyNow[]>;
}

interface With {
  onDuty: OnDuty;
  hand: Hand;
}

/**
 * The time of a step has come: its people are told, and the clocks of their devices and of the next step begin to run.
 *
 * @returns whether there is something to send that is not in the hand
 */
export async function stepDue(tx: Tx, timer: Timer, given: With): Promise<boolean> {
  const { organization_id: organizationId, subject_id: alarmId, step } = timer;
  const beganAtMs = performance.now();
  const alarm = await lockAlarm(tx, organizationId, alarmId);
  const found = await stepOf(tx, organizationId, alarmId, step);
  if (!alarm || !found) return false;
  const { rules } = found;
  const hasBegun = timer.stage > 0;
  if (alarm.state !== 'open' && !(alarm.state === 'acknowledged' && hasBegun && rules.needsEveryone)) return false;
  const { told, waiting, isLast } =
    hasBegun || (await applies(tx, organizationId, alarm, rules)) ? await tell(tx, alarm, found, timer, given) : NOBODY;
  if (!hasBegun && !alarm.is_silent) stepCame(step, timer.cycle, told > 0, timer.late_seconds ?? 0);
  if (!isLast) await goOn(tx, timer, (performance.now() - beganAtMs) / 1_000);
  else {
    const hasTold = told > 0 || hasBegun;
    // A step without anybody does not keep the next one waiting.
    await setNext(tx, alarm, timer, hasTold ? rules.waitSeconds : 0);
  }
  return waiting > 0;
}

interface Told {
  told: number;
  /** Of those, who is to be looked for. */
  waiting: number;
  /** Nobody of the step is left to be told. */
  isLast: boolean;
}
const NOBODY: Told = { told: 0, waiting: 0, isLast: true };
const NOT_AGAIN: ToldAgain = { told: 0, next_seconds: null };

/** The page of the step's people that is next; whoever is settled only now is told with the first. */
async function tell(
  tx: Tx,
  alarm: AlarmRow,
  { rules, hasRelieved }: StepOfAlarm,
  timer: Timer,
  { onDuty, hand }: With,
): Promise<Told> {
  const { organization_id: organizationId, step, cycle, stage } = timer;
  const round = { alarmId: alarm.id, step, cycle };
  const roles = stage === 0 ? await onDuty.in(tx, organizationId, rules.rosterIds) : [];
  if (roles.length > 0) await tellByRole(tx, organizationId, round, roles);
  const vacant = stage === 0 ? vacantOf(rules, roles) : [];
  if (vacant.length > 0) await keepForRole(tx, organizationId, round, vacant);
  const alsoTo = stage === 0 ? [...roles.map(({ userId }) => userId), ...nextOf(rules, cycle)] : [];
  const asked = pageOf(stage);
  const page = await targetsOf(tx, organizationId, round, asked);
  const isLast = page.length < asked.limit;
  const how = { priority: priorityOf(alarm), ladder: rules.ladder };
  const userIds = [...page, ...alsoTo];
  const again = hasRelieved ? await tellAgain(tx, organizationId, round, rules.ladder, userIds) : NOT_AGAIN;
  const first = await tellFirst(tx, organizationId, round, { ...how, taking: hand.waysFor(userIds.length) }, userIds);
  hand.take(alarm, round, first.taken);
  for (const { next_seconds } of [again, first]) await startLadder(tx, timer, next_seconds);
  if (userIds.length === 0 && stage === 0 && !alarm.is_silent)
    await recordFact(tx, organizationId, {
      ...{ actor: systemSubject('escalation'), action: 'alarm.step-empty', object: alarmSubject(alarm.id) },
      after: { step, cycle, rosters: vacant.length },
    });
  const told = again.told + first.told;
  if (told + first.unreachable === 0) return { ...NOBODY, isLast };
  if (told > 0 && alarm.joins === 'told')
    await setTimer(tx, organizationId, { subject_id: alarm.id, kind: 'alarm-room' }, 1);
  const done = { told, waiting: told - first.taken.length, isLast };
  if (alarm.is_silent) return done;
  peopleUnreachable(first.unreachable);
  await recordFact(tx, organizationId, {
    actor: systemSubject('escalation'),
    action: 'alarm.step-reached',
    object: alarmSubject(alarm.id),
    after: { step, cycle, told, unreachable: first.unreachable },
  });
  return done;
}

const pageOf = (stage: number): { offset: number; limit: number } =>
  stage === 0
    ? { offset: 0, limit: FIRST_AT_ONCE }
    : { offset: FIRST_AT_ONCE + (stage - 1) * TOLD_AT_ONCE, limit: TOLD_AT_ONCE };

/**
 * More people than fit into one transaction: the clock of the next step begins when the last of them is told. For as long as a page
 * took, the processors belong to whoever talks meanwhile, and to the devices that answer.
 */
const goOn = (tx: Tx, { organization_id, subject_id, step, cycle, stage }: Timer, afterSeconds: number) =>
  setTimer(tx, organization_id, { subject_id, kind: 'step', step, cycle, stage: stage + 1 }, afterSeconds);

/** Rosters of the step by which nobody is on duty. */
const vacantOf = ({ rosterIds }: StepRules, roles: readonly OnDutyNow[]): string[] =>
  rosterIds.filter((id) => !roles.some(({ rosterId }) => rosterId === id));

/** Of each list the next person with every cycle. */
const nextOf = (rules: StepRules, cycle: number): UserId[] =>
  rules.nextOf.flatMap((userIds) => userIds[cycle % userIds.length] ?? []);

/** Looks at the round again when the first silence in it ends; those that end together are looked at together. */
export async function startLadder(
  tx: Tx,
  { organization_id, subject_id, step, cycle }: Timer,
  nextSeconds: number | null,
): Promise<void> {
  if (nextSeconds === null) return;
  const seconds = Math.ceil(Math.max(0, nextSeconds) / TOGETHER_SECONDS) * TOGETHER_SECONDS;
  await setTimer(tx, organization_id, { subject_id, kind: 'path', step, cycle }, seconds);
}

async function setNext(tx: Tx, alarm: AlarmRow, { organization_id, step, cycle }: Timer, afterSeconds: number) {
  const isLast = step + 1 >= alarm.step_count;
  if (isLast && cycle >= alarm.repeats) return;
  const next = isLast ? { step: 0, cycle: cycle + 1 } : { step: step + 1, cycle };
  await setTimer(tx, organization_id, { subject_id: alarm.id, kind: 'step', ...next }, afterSeconds);
}
