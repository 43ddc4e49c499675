import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type DrillPlan, type DrillSchedule, raiseAlarm, startDrill } from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { changeAlarm, lockAlarm } from '../alarms/alarm-rows.postgres.js';
import { isOver } from '../alarms/close-alarm.js';
import { RaiseAlarmHandler } from '../alarms/raise-alarm.js';
import { dropTimer, setTimer, type Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { recordFact, systemSubject, userSubject } from '../facts/record-fact.js';
import { measure } from '../measurements/measurements.postgres.js';
import { databaseNow } from '../rosters/duty-rows.postgres.js';
import { settingsOf } from '../settings-rows.postgres.js';
import { type DrillRow, endDrill, findDrill, findRunning, insertDrill } from './drill-rows.postgres.js';
import { MeasureDrill } from './measure-drill.js';
import { secondsToNext } from './schedule.js';
import { scoreOf } from './score.js';

const SCHEDULE = 'drill-schedule';
export const drillSubject = (id: string) => ({ kind: 'drill', id });

/** From now on drills come as this says, or not any more. */
export async function planDrills(
  tx: Tx,
  organizationId: OrganizationId,
  schedule: DrillSchedule | undefined,
): Promise<void> {
  const timer = { subject_id: organizationId, kind: SCHEDULE, step: 0, cycle: 0, stage: 0 };
  await dropTimer(tx, { organization_id: organizationId, ...timer });
  const seconds = schedule && secondsToNext(schedule, await databaseNow(tx));
  if (seconds !== undefined && seconds !== null) await setTimer(tx, organizationId, timer, seconds);
}

export interface NewDrill {
  id: string;
  plan: DrillPlan;
  trigger: DrillRow['trigger'];
  startedBy: UserId | null;
}

/** Begins drills, by hand or when they are due, and judges them when their time is over. */
@Injectable()
export class DrillRuns {
  constructor(
    private readonly db: Database,
    private readonly alarms: RaiseAlarmHandler,
    private readonly measuring: MeasureDrill,
  ) {}

  /** Repeating it changes nothing. @throws AppError `drill_running`, `empty_audience` */
  async begin(organizationId: OrganizationId, { id, plan, trigger, startedBy }: NewDrill): Promise<DrillRow> {
    const known = await this.db.within(organizationId, async (tx) => {
      const same = await findDrill(tx, organizationId, id);
      if (!same && (await findRunning(tx, organizationId))) throw startDrill.fail('drill_running');
      return same;
    });
    if (known) return known;
    const { poolIds, everyone } = plan;
    const alarm = { alarmId: id, severity: 'notice', title: 'Drill', needed: 0, isDrill: true };
    const actor = startedBy ? userSubject(startedBy) : systemSubject('schedule');
    await this.alarms.raise(raiseAlarm.input.parse({ ...alarm, audience: { poolIds, everyone } }), {
      ...{ organizationId, from: null, raisedBy: startedBy, actor, source: 'drill' },
      ...{ isSilent: true, needsNoApproval: true },
    });
    return this.db.within(organizationId, async (tx) => {
      const drill = await insertDrill(tx, organizationId, { id, trigger, plan, startedBy });
      if (!drill) throw startDrill.fail('drill_running');
      await setTimer(tx, organizationId, { subject_id: id, kind: 'drill' }, plan.seconds);
      await recordFact(tx, organizationId, {
        ...{ actor, action: 'drill.started', object: drillSubject(id) },
        after: { trigger, seconds: plan.seconds, pools: poolIds.length, everyone },
      });
      return drill;
    });
  }

  /** The time of a drill is over. */
  @Errand('drill')
  async end({ organization_id: organizationId, subject_id: id }: Timer): Promise<null> {
    const drill = await this.db.within(organizationId, (tx) => findDrill(tx, organizationId, id));
    if (drill?.state !== 'running') return null;
    const report = await this.measuring.report(organizationId, drill);
    const score = scoreOf(report.parts);
    await this.db.within(organizationId, async (tx) => {
      const alarm = await lockAlarm(tx, organizationId, id);
      if (!(await endDrill(tx, organizationId, id, { score, report }))) return;
      if (alarm && !isOver(alarm)) await changeAlarm(tx, organizationId, id, { state: 'expired', stops: true });
      await measure(tx, organizationId, 'drill_score', { [drill.plan.everyone ? 'everyone' : 'pools']: score });
      await recordFact(tx, organizationId, {
        ...{ actor: systemSubject('drill'), action: 'drill.ended', object: drillSubject(id) },
        after: { score, people: report.people, reached: report.reached },
      });
    });
    return null;
  }

  /** A drill of the schedule is due. */
  @Errand(SCHEDULE)
  async scheduled({ organization_id: organizationId }: Timer): Promise<number | null> {
    const { drills, now } = await this.db.within(organizationId, async (tx) => ({
      drills: (await settingsOf(tx, organizationId)).drills,
      now: await databaseNow(tx),
    }));
    if (!drills) return null;
    const { poolIds, everyone, seconds } = drills;
    const id = idOf(organizationId, Math.floor(now / 60_000));
    const isRunning = (error: { code?: string }) => error.code === 'drill_running' || error.code === 'empty_audience';
    await this.begin(organizationId, {
      id,
      plan: { poolIds, everyone, seconds },
      trigger: 'schedule',
      startedBy: null,
    }).catch((error: { code?: string }) => {
      // The next one comes all the same.
      if (!isRunning(error)) throw error;
    });
    return secondsToNext(drills, now);
  }
}

/** The same drill however often it is begun: of one organization and one minute (RFC 9562, version 8). */
function idOf(organizationId: OrganizationId, minute: number): string {
  const bytes = createHash('sha256').update(`drill ${organizationId} ${minute}`).digest().subarray(0, 16);
  bytes[6] = 0x80 | ((bytes[6] as number) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
