import { Injectable } from '@nestjs/common';
import { raiseAlarm } from '@relais/contracts';
import { Database } from '@relais/database';
import { AppError, type OrganizationId } from '@relais/kernel';
import type { Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { systemSubject } from '../facts/record-fact.js';
import { derivedId } from '../rooms/derived-id.js';
import { Sealing } from '../sealing.js';
import { settingsOf } from '../settings-rows.postgres.js';
import type { AlarmContent } from './alarm-content.js';
import { type AlarmRow, findAlarm } from './alarm-rows.postgres.js';
import { APPROVAL } from './approve-alarm.js';
import { ChangeAlarmHandler } from './change-alarm.js';
import { RaiseAlarmHandler } from './raise-alarm.js';

const actor = systemSubject(APPROVAL);
const answers = [
  { key: 'looking', label: 'I look at it', means: 'accepted' },
  { key: 'not_now', label: 'Not now', means: 'declined' },
];

/** Asks for a second person where an alarm waits for one: by another alarm, along a policy, until the wait is over. */
@Injectable()
export class AskApproval {
  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
    private readonly raiser: RaiseAlarmHandler,
    private readonly changes: ChangeAlarmHandler,
  ) {}

  /** The wait has begun or is over. It may be over before it was asked. */
  @Errand(APPROVAL)
  async follow({ organization_id: organizationId, subject_id: alarmId }: Timer): Promise<null> {
    const alarm = await this.waiting(organizationId, alarmId);
    if (alarm) await this.ask(organizationId, alarm);
    if (!(await this.waiting(organizationId, alarmId))) await this.stop(organizationId, alarmId);
    return null;
  }

  private async waiting(organizationId: OrganizationId, alarmId: string): Promise<AlarmRow | null> {
    const alarm = await this.db.within(organizationId, (tx) => findAlarm(tx, organizationId, alarmId));
    return alarm?.state === 'awaiting_approval' ? alarm : null;
  }

  private async ask(organizationId: OrganizationId, { id, severity, content_sealed }: AlarmRow): Promise<void> {
    const { approvalPolicyId: policyId } = await this.db.within(organizationId, (tx) => settingsOf(tx, organizationId));
    if (!policyId) return;
    const content = await this.sealing.open<AlarmContent>(organizationId, 'alarm.content', id, content_sealed);
    const says = { title: 'An alarm waits for a second person', text: `${content?.title ?? ''}\n${id}` };
    const command = raiseAlarm.input.parse({ alarmId: askingId(id), severity, ...says, answers, policyId });
    const origin = { organizationId, from: null, actor, source: APPROVAL, needsNoApproval: true, request: { for: id } };
    try {
      await this.raiser.raise(command, origin);
    } catch (error) {
      // Without anybody to ask it waits for whoever looks, and for the alert.
      if (!['policy_not_found', 'empty_audience'].includes(AppError.from(error).code)) throw error;
    }
  }

  private async stop(organizationId: OrganizationId, alarmId: string): Promise<void> {
    try {
      await this.changes.finish(organizationId, askingId(alarmId), 'all_clear', actor);
    } catch (error) {
      if (!['alarm_not_found', 'alarm_over'].includes(AppError.from(error).code)) throw error;
    }
  }
}

/** The same alarm however often it is asked. */
const askingId = (alarmId: string): string => derivedId(APPROVAL, alarmId);
