import { Injectable } from '@nestjs/common';
import { raiseAlarm } from '@relais/contracts';
import { Database } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { RaiseAlarmHandler } from '../alarms/raise-alarm.js';
import { keepTimer, setTimer, type Timer } from '../engine/timers.postgres.js';
import { Duty } from '../engine/work.js';
import { systemSubject } from '../facts/record-fact.js';
import { deleteOldProbes, PROBE } from './probe-rows.postgres.js';

const CLEAN_SECONDS = 3_600;
const CLEAN = 'test-alarm-cleaning';

/** Test alarms: raised to one device that waits for them, and deleted after a day. */
@Injectable()
export class ProbeAlarms {
  constructor(
    private readonly db: Database,
    private readonly alarms: RaiseAlarmHandler,
  ) {}

  /** Repeating it changes nothing. @throws AppError `empty_audience` when this is nobody who is active */
  async raise(organizationId: OrganizationId, alarmId: string, to: UserId, by: UserId | null = null): Promise<void> {
    const alarm = { alarmId, severity: 'alarm', title: 'Test of alarming', needed: 0, isDrill: true };
    const audience = { userIds: [to] };
    await this.alarms.raise(raiseAlarm.input.parse({ ...alarm, audience }), {
      ...{ organizationId, from: null, raisedBy: by, actor: systemSubject(PROBE) },
      ...{ source: PROBE, isSilent: true },
    });
    const clean = { subject_id: organizationId, kind: CLEAN };
    await this.db.within(organizationId, (tx) => keepTimer(tx, organizationId, clean, CLEAN_SECONDS));
  }

  @Duty(CLEAN)
  async clean(tx: Parameters<typeof setTimer>[0], { organization_id: organizationId }: Timer): Promise<boolean> {
    const isLeft = await deleteOldProbes(tx, organizationId);
    if (isLeft) await setTimer(tx, organizationId, { subject_id: organizationId, kind: CLEAN }, CLEAN_SECONDS);
    return false;
  }
}
