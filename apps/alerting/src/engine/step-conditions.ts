import type { Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { type AlarmRow, othersRaised } from '../alarms/alarm-rows.postgres.js';
import type { StepRules } from '../alarms/step-rows.postgres.js';
import { isWithin } from './hours.js';

type Conditions = Pick<StepRules, 'unlessAccepted' | 'hours' | 'whenAlarmsInWindow'>;

/** Whether the people of a step are to be told now. */
export async function applies(
  tx: Tx,
  organizationId: OrganizationId,
  alarm: Pick<AlarmRow, 'id' | 'accepted' | 'policy_id'>,
  { unlessAccepted, hours, whenAlarmsInWindow }: Conditions,
): Promise<boolean> {
  if (unlessAccepted !== undefined && alarm.accepted >= unlessAccepted) return false;
  if (hours && !(await isWithin(tx, hours))) return false;
  if (!whenAlarmsInWindow || !alarm.policy_id) return true;
  const { alarms, minutes } = whenAlarmsInWindow;
  return 1 + (await othersRaised(tx, organizationId, alarm, minutes)) >= alarms;
}
