import type { Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { changeAlarm } from '../alarms/alarm-rows.postgres.js';
import { recordFact, systemSubject } from '../facts/record-fact.js';
import { interruptDrills } from './drill-rows.postgres.js';

/** A real alarm is told to its people, whoever of them was in a drill: what the drill has not sent stays unsent. */
export async function makeWay(
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
  userIds: readonly UserId[] = [],
): Promise<void> {
  for (const { id } of await interruptDrills(tx, organizationId, alarmId, userIds)) {
    await changeAlarm(tx, organizationId, id, { state: 'cancelled', stops: true });
    await recordFact(tx, organizationId, {
      ...{ actor: systemSubject('alarm', alarmId), action: 'drill.interrupted', object: { kind: 'drill', id } },
    });
  }
}
