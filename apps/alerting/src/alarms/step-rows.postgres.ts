import type { AlarmPath, EscalationStep } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import type { Ladder } from '../contact-rules/ladder.js';
import type { OrganizationId, UserId } from '@relais/kernel';

/** A step as it was when the alarm was raised; the people of its targets and pools are settled beside it. */
export type StepRules = Pick<
  EscalationStep,
  'waitSeconds' | 'needsEveryone' | 'hours' | 'unlessAccepted' | 'whenAlarmsInWindow'
> & {
  /** Settled when the step comes. */
  rosterIds: readonly string[];
  nextOf: readonly (readonly UserId[])[];
  ladder: Ladder;
};

/** As PostgreSQL writes arrays: the driver looks for quotes in each of ten thousand ids, which takes twice as long. */
const arrayOf = (ids: ReadonlySet<UserId>): string => `{${[...ids].join(',')}}`;

export async function insertSteps(
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
  steps: readonly { rules: StepRules; userIds: readonly UserId[] }[],
): Promise<void> {
  for (const [step, { rules, userIds }] of steps.entries())
    await rows(
      tx,
      'INSERT INTO alarm_step (organization_id, alarm_id, step, rules, user_ids) VALUES ($1, $2, $3, $4, $5::uuid[])',
      [organizationId, alarmId, step, JSON.stringify(rules), arrayOf(new Set(userIds))],
    );
}

export interface StepOfAlarm {
  rules: StepRules;
  /** Somebody was relieved of the alarm, and may have it again. */
  hasRelieved: boolean;
}

export async function stepOf(
  tx: Tx,
  organizationId: OrganizationId,
  alarmId: string,
  step: number,
): Promise<StepOfAlarm | null> {
  const found = await row<{ rules: StepRules | EarlierRules; hasRelieved: boolean }>(
    tx,
    `SELECT s.rules, EXISTS (SELECT FROM alarm_role t
       WHERE t.organization_id = $1 AND t.alarm_id = $2 AND t.left_at IS NOT NULL) AS "hasRelieved"
     FROM alarm_step s WHERE s.organization_id = $1 AND s.alarm_id = $2 AND s.step = $3`,
    [organizationId, alarmId, step],
  );
  if (!found) return null;
  const { rules, hasRelieved } = found;
  return { rules: 'ladder' in rules ? rules : { ...rules, ladder: ladderOfEarlier(rules) }, hasRelieved };
}

export const rulesOf = async (...step: Parameters<typeof stepOf>): Promise<StepRules | null> =>
  (await stepOf(...step))?.rules ?? null;

/** As they were written before people had ways of their own: alarms under way keep them. */
type EarlierRules = Omit<StepRules, 'ladder'> & { paths: AlarmPath[]; silentSeconds: Record<string, number> };

const ladderOfEarlier = ({ paths, silentSeconds }: EarlierRules): Ladder => ({
  ...{ rules: 'default', overrides: true, first: [], directory: [] },
  ways: paths.map((path) => ({ path, silentSeconds: silentSeconds[path] ?? 20 })),
});
