import type { AlarmState } from '@relais/contracts';
import type { Tx } from '@relais/database';
import { setTimer, type Timer } from '../engine/timers.postgres.js';
import { alarmSubject, recordFact, systemSubject } from '../facts/record-fact.js';
import { type AlarmRow, changeAlarm, lockAlarm } from './alarm-rows.postgres.js';
import { APPROVAL } from './approve-alarm.js';

const OVER: readonly AlarmState[] = ['all_clear', 'cancelled', 'expired'];
export const isOver = ({ state }: Pick<AlarmRow, 'state'>): boolean => OVER.includes(state);

/** An alarm's own time has passed: no answer counts any more. */
export async function closeDue(
  tx: Tx,
  { organization_id: organizationId, subject_id: alarmId }: Timer,
): Promise<false> {
  const alarm = await lockAlarm(tx, organizationId, alarmId);
  if (alarm && !isOver(alarm)) await end(tx, organizationId, alarm, 'expired', systemSubject('clock'));
  return false;
}

/** Ends it. Its timers find that when they are due, and do nothing. The caller holds the alarm. */
export async function end(
  tx: Tx,
  organizationId: Timer['organization_id'],
  alarm: AlarmRow,
  as: 'all_clear' | 'cancelled' | 'expired',
  actor: { kind: string; id: string },
): Promise<AlarmRow> {
  const ended = await changeAlarm(tx, organizationId, alarm.id, { state: as, stops: true });
  if (alarm.state === 'awaiting_approval')
    await setTimer(tx, organizationId, { subject_id: alarm.id, kind: APPROVAL }, 0);
  if (alarm.is_silent) return ended;
  await recordFact(tx, organizationId, {
    actor,
    action: 'alarm.ended',
    object: alarmSubject(alarm.id),
    before: { state: alarm.state },
    after: { state: as },
  });
  return ended;
}
