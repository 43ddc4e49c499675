import { Injectable } from '@nestjs/common';
import type { Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { type AlarmRow, lockAlarm } from '../alarms/alarm-rows.postgres.js';
import { rulesOf } from '../alarms/step-rows.postgres.js';
import { OnDuty, startLadder } from '../engine/due-step.js';
import type { Timer } from '../engine/timers.postgres.js';
import { Duty } from '../engine/work.js';
import { alarmSubject, recordFact, systemSubject } from '../facts/record-fact.js';
import { priorityOf } from '../notifications/notification-rows.postgres.js';
import { tellFirst } from '../notifications/tell.postgres.js';
import { tellAgain } from '../notifications/tell-again.postgres.js';
import { leaveRole, type RoleRow, rolesOf, tellByRole } from './role-rows.postgres.js';

/**
 * The shift of somebody who was told of an alarm by their role has changed: whoever is on duty now is told in their place.
 * Whoever has answered goes on; nobody is let go while nobody comes. Where nobody was on duty, whoever comes is told then.
 */
@Injectable()
export class TakeAlong {
  constructor(private readonly onDuty: OnDuty) {}

  @Duty('take_along')
  async execute(tx: Tx, { organization_id: organizationId, subject_id: alarmId }: Timer): Promise<boolean> {
    const alarm = await lockAlarm(tx, organizationId, alarmId);
    if (alarm?.state !== 'open') return false;
    let told = 0;
    const roles = Map.groupBy(await rolesOf(tx, organizationId, alarmId), ({ roster_id }) => roster_id);
    for (const [rosterId, rows] of roles) {
      const now = (await this.onDuty.in(tx, organizationId, [rosterId])).map(({ userId }) => userId);
      if (now.length > 0) told += await this.handOver(tx, organizationId, alarm, { rosterId, rows, now });
    }
    return told > 0;
  }

  /** @returns how many are told */
  private async handOver(
    tx: Tx,
    organizationId: OrganizationId,
    alarm: AlarmRow,
    { rosterId, rows, now }: { rosterId: string; rows: readonly RoleRow[]; now: readonly UserId[] },
  ): Promise<number> {
    const known = new Set(rows.map(({ user_id }) => user_id));
    const comes = now.filter((id) => !known.has(id));
    const goes = [...known].filter((id) => !now.includes(id));
    if (comes.length + goes.length === 0) return 0;
    const told = await this.tell(tx, organizationId, alarm, { rosterId, latest: rows[0] as RoleRow, comes });
    await leaveRole(tx, organizationId, { alarmId: alarm.id, rosterId, userIds: goes });
    if (alarm.is_silent) return told;
    await recordFact(tx, organizationId, {
      ...{ actor: systemSubject('roster', rosterId), action: 'alarm.taken-along', object: alarmSubject(alarm.id) },
      after: { rosterId, came: comes.length, went: goes.length },
    });
    return told;
  }

  private async tell(
    tx: Tx,
    organizationId: OrganizationId,
    alarm: AlarmRow,
    { rosterId, latest, comes }: { rosterId: string; latest: RoleRow; comes: readonly UserId[] },
  ): Promise<number> {
    const round = { alarmId: alarm.id, step: latest.step, cycle: latest.cycle };
    const rules = await rulesOf(tx, organizationId, alarm.id, round.step);
    if (!rules || comes.length === 0) return 0;
    await tellByRole(
      tx,
      organizationId,
      round,
      comes.map((userId) => ({ rosterId, userId })),
    );
    const how = { priority: priorityOf(alarm), ladder: rules.ladder };
    const timer = { organization_id: organizationId, subject_id: alarm.id, kind: 'step', stage: 0, ...round };
    const again = await tellAgain(tx, organizationId, round, rules.ladder, comes);
    const first = await tellFirst(tx, organizationId, round, how, comes);
    for (const { next_seconds } of [again, first]) await startLadder(tx, timer, next_seconds);
    return again.told + first.told;
  }
}
