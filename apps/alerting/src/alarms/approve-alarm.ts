import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { approveAlarm } from '@relais/contracts';
import { Database } from '@relais/database';
import { Access } from '@relais/service';
import { makeWay } from '../drills/interrupt.js';
import { Engine } from '../engine/engine.js';
import { setTimer } from '../engine/timers.postgres.js';
import { alarmSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { changeAlarm, lockAlarm } from './alarm-rows.postgres.js';

/** What follows the wait of an alarm for a second person: see `AskApproval`. */
export const APPROVAL = 'approval';

/** The second person who lets an alarm to many people out. */
@Injectable()
export class ApproveAlarmHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly engine: Engine,
  ) {}

  @Serves(approveAlarm)
  async execute({ alarmId }: { alarmId: string }, { principal }: RequestContext): Promise<Record<string, never>> {
    await this.access.assertMay(principal, 'raise_alarms');
    const { organizationId, userId } = principal;
    await this.db.within(organizationId, async (tx) => {
      const alarm = await lockAlarm(tx, organizationId, alarmId);
      if (!alarm) throw approveAlarm.fail('alarm_not_found');
      if (alarm.state !== 'awaiting_approval') throw approveAlarm.fail('not_awaiting', `it is ${alarm.state}`);
      if (alarm.raised_by === userId) throw approveAlarm.fail('own_alarm', 'somebody else has to approve it');
      await changeAlarm(tx, organizationId, alarmId, { state: 'open' });
      await setTimer(tx, organizationId, { subject_id: alarmId, kind: 'step' }, 0);
      await setTimer(tx, organizationId, { subject_id: alarmId, kind: APPROVAL }, 0);
      await makeWay(tx, organizationId, alarmId);
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(userId), action: 'alarm.approved', object: alarmSubject(alarmId) },
        ...{ before: { state: alarm.state }, after: { state: 'open' } },
      });
    });
    this.engine.wake();
    return {};
  }
}
