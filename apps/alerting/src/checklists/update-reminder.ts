import { Injectable } from '@nestjs/common';
import { Database } from '@relais/database';
import { findAlarm } from '../alarms/alarm-rows.postgres.js';
import { Announcer } from '../alarms/announcer.js';
import { isOver } from '../alarms/close-alarm.js';
import type { Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';

/** Reminds whoever raised an alarm to say something new, as often as its template says, until it is over. */
@Injectable()
export class UpdateReminder {
  constructor(
    private readonly db: Database,
    private readonly announcer: Announcer,
  ) {}

  @Errand('update-due')
  async remind({ organization_id: organizationId, subject_id: alarmId }: Timer): Promise<number | null> {
    const alarm = await this.db.within(organizationId, (tx) => findAlarm(tx, organizationId, alarmId));
    if (!alarm?.update_every_minutes || isOver(alarm)) return null;
    const seconds = alarm.update_every_minutes * 60;
    const leftSeconds = (alarm.said_at.getTime() - Date.now()) / 1_000 + seconds;
    if (leftSeconds > 1) return leftSeconds;
    if (alarm.raised_by) this.announcer.updateDue(organizationId, alarm.raised_by, alarmId);
    return seconds;
  }
}
