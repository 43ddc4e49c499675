import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  type AlarmSettings,
  type AlarmWarning,
  type AnswerOption,
  type EscalationPolicy,
  type Joins,
  raiseAlarm,
  USUAL_ANSWERS,
} from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import { type ConversationId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { Audiences } from '../audience.js';
import { insertChecks, type NewCheck } from '../checklists/check-rows.postgres.js';
import { Checklists } from '../checklists/checklists.js';
import { OnDuty, type OnDutyNow } from '../engine/due-step.js';
import { Engine } from '../engine/engine.js';
import { setTimer, setTimerAt } from '../engine/timers.postgres.js';
import { alarmSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { watchReach } from '../measurements/reach-watch.js';
import { alarmRaised } from '../metrics.js';
import { EscalationPoliciesHandler } from '../policies/escalation-policies.js';
import { RostersHandler } from '../rosters/rosters.js';
import { insertRoom } from '../rooms/room-rows.postgres.js';
import { Sealing } from '../sealing.js';
import { settingsOf } from '../settings-rows.postgres.js';
import { makeWay } from '../drills/interrupt.js';
import { databaseNow } from '../rosters/duty-rows.postgres.js';
import { digestOf } from './alarm-content.js';
import { type AlarmRow, findAlarm, findOpenByKey, insertAlarm, type NewAlarm } from './alarm-rows.postgres.js';
import { APPROVAL } from './approve-alarm.js';
import { type PlannedStep, planSteps } from './plan-steps.js';
import { insertSteps } from './step-rows.postgres.js';
import { fillPositions } from './strategies/fill-positions.js';
import { Staffing } from './strategies/staffing.js';
import { Whom } from './strategies/whom.js';

type Command = z.output<typeof raiseAlarm.input>;
type Answer = z.input<typeof raiseAlarm.output>;

/** Who or what raises it. */
export interface Origin {
  organizationId: OrganizationId;
  /** Only people whom this person may alarm are alarmed; a source may alarm everybody. */
  from: UserId | null;
  /** Whose it is; the one above where nothing is said. */
  raisedBy?: UserId | null;
  actor: { kind: string; id: string };
  source: string;
  /** Goes to devices and disturbs nobody; leaves no facts and is in no list. */
  isSilent?: boolean;
  /** Waits for nobody's approval, to however many it is. */
  needsNoApproval?: boolean;
  /** What was asked for, where the alarm was made of it: by this a repetition is known. */
  request?: object;
  /** Reminds whoever raises it to say something new so often. */
  updateEveryMinutes?: number | undefined;
}

/** Raises an alarm: settles whom it concerns, writes all of it in one transaction, and lets the engine begin. */
@Injectable()
export class RaiseAlarmHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly audiences: Audiences,
    private readonly policies: EscalationPoliciesHandler,
    private readonly rosters: RostersHandler,
    private readonly whom: Whom,
    private readonly staffing: Staffing,
    private readonly onDuty: OnDuty,
    private readonly sealing: Sealing,
    private readonly checklists: Checklists,
    private readonly engine: Engine,
  ) {}

  @Serves(raiseAlarm)
  async execute(command: Command, { principal }: RequestContext): Promise<Answer> {
    await this.access.assertMay(principal, 'raise_alarms');
    const { organizationId, userId } = principal;
    const origin = { organizationId, from: userId, actor: userSubject(userId), source: 'api' };
    return this.raise(command, origin);
  }

  /** For whatever raises alarms by itself, too: webhooks, heartbeats, probes. */
  async raise(command: Command, origin: Origin): Promise<Answer> {
    const { organizationId } = origin;
    const asks = command.needed > 0 || command.positions.length > 0;
    const answers = command.answers ?? (asks ? [...USUAL_ANSWERS] : []);
    const { settings, now } = await this.db.within(organizationId, async (tx) => ({
      settings: await settingsOf(tx, organizationId),
      now: await databaseNow(tx),
    }));
    assertSound(command, answers, now);
    const content = { title: command.title, text: command.text, answers };
    // At once: the key of an organization that had no alarm lately takes as long to come as its people.
    const [steps, contentSealed, dedupIndex, checks] = await Promise.all([
      this.plan(command, origin, settings),
      this.sealing.seal(organizationId, 'alarm.content', command.alarmId, content),
      command.dedupKey ? this.sealing.dedupIndex(organizationId, command.dedupKey) : null,
      this.checklists.sealAll(organizationId, command.alarmId, command.checklist ?? []),
    ]);
    const alarm: Draft = {
      ...{ id: command.alarmId, severity: command.severity, needed: command.needed, stepCount: steps.length },
      ...{ repeats: steps.repeats, contentSealed, dedupIndex },
      digest: digestOf({ ...(origin.request ?? command), from: origin.from }),
      ...{ raisedBy: origin.raisedBy ?? origin.from, source: origin.source },
      ...{ isDrill: command.isDrill, isSilent: origin.isSilent ?? false },
      ...{ strategy: command.strategy, policyId: command.policyId ?? null },
      positions: fillPositions(command.positions, []),
      ...{ joins: steps.joins, updateEveryMinutes: origin.updateEveryMinutes ?? null },
      closesAt: command.closesAt ? new Date(command.closesAt) : null,
    };
    const { massThreshold } = settings;
    const parts = { steps, checks, massThreshold };
    const answer = await this.db.within(organizationId, (tx) => this.write(tx, alarm, parts, origin));
    alarmRaised(command.severity, origin.source, answer.isDuplicate ? 'duplicate' : answer.state);
    this.engine.wake();
    return answer;
  }

  private async plan(command: Command, { organizationId, from, isSilent = false }: Origin, settings: AlarmSettings) {
    const { severity, audience, policyId } = command;
    const policy = policyId ? await this.policies.read(organizationId, policyId) : null;
    if (policyId && !policy) throw raiseAlarm.fail('policy_not_found');
    const { rosterIds: ids, roles: addresses } = audience;
    const rosterIds = await this.rosters.resolve(organizationId, { rosterIds: ids, addresses });
    const wanted = {
      ...{ organizationId, from, severity, rosterIds, policy, settings, isSilent },
      audience: await this.whom.settle(organizationId, command),
    };
    const planned = await planSteps(wanted, this.audiences);
    const reachesSomebody = ({ userIds, rules }: PlannedStep) =>
      userIds.length > 0 || rules.rosterIds.length > 0 || rules.nextOf.some((list) => list.length > 0);
    if (!planned.some(reachesSomebody))
      throw raiseAlarm.fail('empty_audience', 'there is nobody in it whom you may alarm');
    const { alarmId, strategy, needed, positions } = command;
    const demand = { alarmId, strategy, needed, positions, policyId: policyId ?? null };
    const arranged = await this.staffing.arrange(organizationId, planned, demand);
    return Object.assign(arranged, { repeats: policy?.repeat ?? 0, joins: joinsOf(command, policy) });
  }

  private async write(tx: Tx, draft: Draft, { steps, checks, massThreshold }: Parts, origin: Origin): Promise<Answer> {
    const { organizationId, actor } = origin;
    const onDuty = await this.onDuty.in(tx, organizationId, [
      ...new Set(steps.flatMap(({ rules }) => rules.rosterIds)),
    ]);
    const waives = origin.needsNoApproval || draft.severity === 'emergency';
    const approval = approvalOf(countAll(steps, onDuty) > massThreshold, waives);
    const alarm: NewAlarm = { ...draft, state: approval === 'needed' ? 'awaiting_approval' : 'open' };
    const written = await insertAlarm(tx, organizationId, alarm);
    if (!written) return this.known(tx, alarm, organizationId);
    await insertSteps(tx, organizationId, alarm.id, steps);
    const kind = alarm.state === 'open' ? 'step' : APPROVAL;
    await setTimer(tx, organizationId, { subject_id: alarm.id, kind }, 0);
    await insertChecks(tx, organizationId, alarm.id, checks);
    if (alarm.joins) await this.openRoom(tx, organizationId, alarm);
    if (alarm.updateEveryMinutes)
      await setTimer(tx, organizationId, { subject_id: alarm.id, kind: 'update-due' }, alarm.updateEveryMinutes * 60);
    if (alarm.closesAt) await setTimerAt(tx, organizationId, { subject_id: alarm.id, kind: 'close' }, alarm.closesAt);
    const { recipients, warnings } = atOnce(steps, onDuty);
    const answer = { alarmId: alarm.id as never, state: alarm.state, recipients, isDuplicate: false, warnings };
    if (alarm.isSilent) return answer;
    await watchReach(tx, organizationId);
    if (alarm.state === 'open') await makeWay(tx, organizationId, alarm.id, alsoIn(steps, onDuty));
    const { state, severity, source } = alarm;
    await recordFact(tx, organizationId, {
      ...{ actor, action: 'alarm.raised', object: alarmSubject(alarm.id) },
      after: { state, approval, severity, source, steps: steps.length, recipients },
    });
    return answer;
  }

  /** Its id is nobody's choice: one that others can guess, others can take. */
  private async openRoom(tx: Tx, organizationId: OrganizationId, { id: alarmId, raisedBy }: NewAlarm): Promise<void> {
    await insertRoom(tx, organizationId, { alarmId, conversationId: newId<ConversationId>(), actorId: raisedBy });
    await setTimer(tx, organizationId, { subject_id: alarmId, kind: 'alarm-room' }, 0);
  }

  /** Somebody raised it before: a repetition, another with the same key, or another alarm under this id. */
  private async known(tx: Tx, alarm: NewAlarm, organizationId: OrganizationId): Promise<Answer> {
    const same = await findAlarm(tx, organizationId, alarm.id);
    if (same && !same.request_digest.equals(alarm.digest)) throw raiseAlarm.fail('alarm_id_reused');
    const open = same ?? (alarm.dedupIndex && (await findOpenByKey(tx, organizationId, alarm.dedupIndex)));
    if (!open) throw raiseAlarm.fail('alarm_id_reused');
    return { alarmId: open.id as never, state: stateOf(open), recipients: 0, isDuplicate: true };
  }
}

/** Whether it waits is known when it is written. */
type Draft = Omit<NewAlarm, 'state'>;

/** What is written together with the alarm. */
interface Parts {
  steps: readonly PlannedStep[];
  checks: readonly NewCheck[];
  massThreshold: number;
}

/** The alarm's own word comes before its policy's. */
function joinsOf(command: Command, policy: EscalationPolicy | null): Joins | null {
  const opens = command.opensConversation ?? policy?.opensConversation ?? false;
  return opens ? (command.joins ?? policy?.joins ?? 'accepted') : null;
}

/** How many the first step tells, and what is to be known of it. */
function atOnce([first]: readonly PlannedStep[], onDuty: readonly OnDutyNow[]) {
  const rosterIds = first?.rules.rosterIds ?? [];
  const onDutyFirst = onDuty.filter(({ rosterId }) => rosterIds.includes(rosterId));
  const recipients = new Set([...(first?.userIds ?? []), ...onDutyFirst.map(({ userId }) => userId)]).size;
  const vacant = rosterIds.filter((id) => !onDuty.some(({ rosterId }) => rosterId === id));
  return { recipients, warnings: warningsOf(vacant, recipients) };
}

function warningsOf(vacant: readonly string[], recipients: number): AlarmWarning[] {
  const warnings = vacant.map((id): AlarmWarning => {
    const says = `nobody is on duty by roster ${id}: whoever comes on duty while the alarm is open is told then`;
    return { code: 'nobody_on_duty', says };
  });
  if (recipients > 0) return warnings;
  return [
    ...warnings,
    { code: 'nobody_at_once', says: 'nobody is told at once: the next step comes right away, if there is one' },
  ];
}

/** Whom it is for beside the people settled in its steps. */
const alsoIn = (steps: readonly PlannedStep[], onDuty: readonly OnDutyNow[]): UserId[] => [
  ...onDuty.map(({ userId }) => userId),
  ...steps.flatMap(({ rules }) => rules.nextOf.flat()),
];

const stateOf = ({ state }: AlarmRow): Answer['state'] => (state === 'awaiting_approval' ? state : 'open');

/**
 * Everybody whom any of its steps may tell, as far as it is known now: its people, all of the lists that take turns, and who
 * is on duty. Whoever comes on duty later is not counted.
 */
const countAll = (steps: readonly PlannedStep[], onDuty: readonly OnDutyNow[]): number =>
  new Set([...steps.flatMap(({ userIds }) => userIds), ...alsoIn(steps, onDuty)]).size;

/** An alarm to many is a second person's concern, too; in an emergency there is no time for that. */
function approvalOf(isToMany: boolean, waives: boolean): 'needed' | 'waived' | 'none' {
  if (!isToMany) return 'none';
  return waives ? 'waived' : 'needed';
}

function assertSound({ closesAt }: Command, answers: readonly AnswerOption[], nowMs: number): void {
  const keys = answers.map(({ key }) => key);
  if (closesAt && Date.parse(closesAt) <= nowMs) throw raiseAlarm.fail('closing_time_passed');
  if (new Set(keys).size !== keys.length) throw raiseAlarm.fail('duplicate_answers');
}
