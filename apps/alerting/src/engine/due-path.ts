import type { Tx } from '@relais/database';
import { lockAlarm } from '../alarms/alarm-rows.postgres.js';
import { rulesOf } from '../alarms/step-rows.postgres.js';
import { priorityOf } from '../notifications/notification-rows.postgres.js';
import { TOLD_AT_ONCE, tellNext } from '../notifications/tell.postgres.js';
import { startLadder } from './due-step.js';
import type { Timer } from './timers.postgres.js';

/**
 * Some devices of a round have been silent for as long as they may, or could not be told: their people are told by the next
 * way of their own.
 *
 * @returns whether there is something to send
 */
export async function pathDue(tx: Tx, timer: Timer): Promise<boolean> {
  const { organization_id: organizationId, subject_id: alarmId, step, cycle } = timer;
  const alarm = await lockAlarm(tx, organizationId, alarmId);
  const rules = await rulesOf(tx, organizationId, alarmId, step);
  const goesOn = alarm?.state === 'open' || (alarm?.state === 'acknowledged' && rules?.needsEveryone);
  if (!alarm || !rules || !goesOn) return false;
  const how = { priority: priorityOf(alarm), ladder: rules.ladder };
  const { told, next_seconds } = await tellNext(tx, organizationId, { alarmId, step, cycle }, how);
  await startLadder(tx, timer, told < TOLD_AT_ONCE ? next_seconds : 0);
  return told > 0;
}
