import { Injectable } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { type CrisisPlan, describeOutageMode, LIMITS, raiseAlarm } from '@relais/contracts';
import { Database } from '@relais/database';
import { AppError, type OrganizationId } from '@relais/kernel';
import { toAlarm, type AlarmContent } from '../alarms/alarm-content.js';
import { lockAlarm } from '../alarms/alarm-rows.postgres.js';
import { Announcer } from '../alarms/announcer.js';
import { end, isOver } from '../alarms/close-alarm.js';
import { RaiseAlarmHandler } from '../alarms/raise-alarm.js';
import type { Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { recordFact, systemSubject } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import { CrisisPlansHandler } from './crisis-plans.js';
import { CrisisRooms } from './crisis-rooms.js';
import { changeOutage, findOutage, type OutageRow } from './outage-rows.postgres.js';
import { OutageReports, type Reason } from './outage-reports.js';

const actor = systemSubject('outage');

/**
 * Does what an outage asks for, step after step; each step is one that may be repeated, so a replica that ends in the middle
 * is followed by another that does the rest.
 */
@Injectable()
export class RunOutage {
  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
    private readonly sealing: Sealing,
    private readonly raiser: RaiseAlarmHandler,
    private readonly announcer: Announcer,
    private readonly plans: CrisisPlansHandler,
    private readonly rooms: CrisisRooms,
    private readonly reports: OutageReports,
  ) {}

  @Errand('outage')
  async run({ organization_id: organizationId, subject_id: id }: Timer): Promise<null> {
    const outage = await this.db.within(organizationId, (tx) => findOutage(tx, organizationId, id));
    if (!outage || outage.state === 'over') return null;
    const plan = await this.plans.planOf(organizationId);
    if (outage.state === 'opening') await this.open(organizationId, outage, plan);
    const ended = await this.db.within(organizationId, (tx) => findOutage(tx, organizationId, id));
    if (ended?.ended_at) await this.close(organizationId, ended, plan);
    return null;
  }

  /** People are told first; the conversations follow, and messaging may be away as long as it likes. */
  private async open(organizationId: OrganizationId, { id }: OutageRow, plan: CrisisPlan): Promise<void> {
    const reason = await this.reasonNow(organizationId, true);
    const reasonSealed = await this.sealing.seal(organizationId, 'outage.reason', id, { begin: reason });
    await this.db.within(organizationId, (tx) =>
      changeOutage(tx, organizationId, id, { state: 'opening', reasonSealed }),
    );
    await this.tell(organizationId, id, plan, reason);
    await this.rooms.open(organizationId, plan);
    await this.db.within(organizationId, async (tx) => {
      await changeOutage(tx, organizationId, id, { state: 'on' });
      await recordFact(tx, organizationId, { actor, action: 'outage.began', object: systemSubject('outage', id) });
    });
  }

  private async tell(organizationId: OrganizationId, id: string, { alarm }: CrisisPlan, { says }: Reason) {
    const { severity, audience, answers, policyId } = alarm;
    const command = raiseAlarm.input.parse({
      ...{ alarmId: id, severity, audience, answers, needed: 0 },
      title:
        cut(
          alarm.title.replaceAll('{{reason}}', () => says),
          LIMITS.titleBytes,
        ).trim() || 'Outage',
      text: cut(
        alarm.text.replaceAll('{{reason}}', () => says),
        LIMITS.alarmTextBytes,
      ),
    });
    const origin = { organizationId, from: null, actor, source: 'outage' };
    const asOutage = { ...origin, needsNoApproval: true, request: { outage: id } };
    try {
      await this.raiser.raise({ ...command, ...(policyId ? { policyId } : {}) }, asOutage);
    } catch (error) {
      const { code } = AppError.from(error);
      // Better without its next steps than not at all.
      if (code === 'policy_not_found') await this.raiser.raise(command, asOutage);
      else if (code !== 'empty_audience') throw error;
    }
  }

  private async close(organizationId: OrganizationId, outage: OutageRow, plan: CrisisPlan): Promise<void> {
    const reason = await this.reasonNow(organizationId, false);
    await this.allClear(organizationId, outage.id);
    const report = await this.reports.write(organizationId, outage, plan, reason);
    const reportSealed = await this.sealing.seal(organizationId, 'outage.report', outage.id, report);
    await this.rooms.close(organizationId, plan);
    await this.db.within(organizationId, async (tx) => {
      await changeOutage(tx, organizationId, outage.id, { state: 'over', reportSealed });
      await recordFact(tx, organizationId, {
        ...{ actor, action: 'outage.ended', object: systemSubject('outage', outage.id) },
        after: { seconds: report.durationSeconds, told: report.people.told, reached: report.people.reached },
      });
    });
  }

  private async allClear(organizationId: OrganizationId, alarmId: string): Promise<void> {
    const ended = await this.db.within(organizationId, async (tx) => {
      const alarm = await lockAlarm(tx, organizationId, alarmId);
      return alarm && !isOver(alarm) ? end(tx, organizationId, alarm, 'all_clear', actor) : null;
    });
    if (!ended) return;
    const { id, content_sealed } = ended;
    const content = await this.sealing.open<AlarmContent>(organizationId, 'alarm.content', id, content_sealed);
    await this.announcer.changed(organizationId, toAlarm(ended, content));
  }

  /** Why, in the words of who switched it; nothing when it has been switched again meanwhile. */
  private async reasonNow(organizationId: OrganizationId, on: boolean): Promise<Reason> {
    const mode = await this.bus.request(describeOutageMode, { organizationId });
    if (mode.on !== on) return { says: '' };
    return { says: mode.reason ?? '', ...(mode.changedBy ? { userId: mode.changedBy } : {}) };
  }
}

/** Whole characters only, at most so many bytes. */
function cut(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  return new TextDecoder().decode(bytes.subarray(0, maxBytes)).replace(/\uFFFD+$/u, '');
}
