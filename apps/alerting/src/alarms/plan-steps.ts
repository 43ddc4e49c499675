import type { AlarmPath, AlarmSettings, Audience, EscalationPolicy, EscalationStep, Severity } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Audiences } from '../audience.js';
import { ladderOf } from '../contact-rules/ladder.js';
import type { StepRules } from './step-rows.postgres.js';

/** How long an answer is waited for where no policy says it. */
const USUAL_WAIT: Readonly<Record<Severity, number>> = { emergency: 120, alarm: 300, notice: 3_600 };

export interface PlannedStep {
  rules: StepRules;
  userIds: readonly UserId[];
}

interface Wanted {
  organizationId: OrganizationId;
  from: UserId | null;
  severity: Severity;
  audience: Audience;
  /** Rosters of the audience, by whatever it calls them. */
  rosterIds: readonly string[];
  policy: EscalationPolicy | null;
  settings: AlarmSettings;
  /** Comes only by ways on which a device can keep it to itself. */
  isSilent: boolean;
}

const QUIET: readonly AlarmPath[] = ['socket', 'push'];

/** Everything an alarm will need, settled now: first its own audience, then the steps of its policy. */
export async function planSteps(asked: Wanted, audiences: Audiences): Promise<PlannedStep[]> {
  const wanted = asked.isSilent ? { ...asked, settings: quiet(asked.settings) } : asked;
  const { organizationId, from, severity, audience, rosterIds, policy, settings } = wanted;
  const waitSeconds = settings.waitSeconds[severity] ?? USUAL_WAIT[severity];
  const own = await audiences.expand(organizationId, from, audience);
  const rules = { ...rulesOf({ waitSeconds, needsEveryone: false }, wanted), rosterIds };
  const first = own.length + rosterIds.length > 0 ? [{ rules, userIds: own }] : [];
  const rest = [];
  for (const step of policy?.steps ?? []) rest.push(await plan(wanted, step, audiences));
  return [...first, ...rest];
}

/** Only by ways on which a device keeps it to itself, whatever people or the organization say. */
function quiet(settings: AlarmSettings): AlarmSettings {
  const paths = settings.paths.filter((path) => QUIET.includes(path));
  return { ...settings, paths: paths.length > 0 ? paths : ['socket'], overridesContactRules: true, appFirst: false };
}

async function plan(wanted: Wanted, step: EscalationStep, audiences: Audiences) {
  const { organizationId, from } = wanted;
  const settled = {
    userIds: step.targets.flatMap((target) => (target.kind === 'user' ? [target.userId] : [])),
    poolIds: step.targets.flatMap((target) => (target.kind === 'pool' ? [target.poolId] : [])),
    everyone: false,
  };
  const nextOf = [];
  for (const target of step.targets)
    if (target.kind === 'next_of') {
      const active = new Set(
        await audiences.expand(organizationId, from, { ...settled, poolIds: [], userIds: target.userIds }),
      );
      nextOf.push(target.userIds.filter((id) => active.has(id)));
    }
  const userIds = await audiences.expand(organizationId, from, settled);
  return { rules: { ...rulesOf(step, wanted), nextOf, rosterIds: rostersOf(step) }, userIds };
}

const rostersOf = ({ targets }: EscalationStep): string[] =>
  targets.flatMap((target) => (target.kind === 'roster' ? [target.rosterId] : []));

const rulesOf = (
  step: Pick<EscalationStep, 'waitSeconds' | 'needsEveryone'> & Partial<EscalationStep>,
  { settings, severity }: Wanted,
): StepRules => ({
  ...{ waitSeconds: step.waitSeconds, needsEveryone: step.needsEveryone, rosterIds: [], nextOf: [] },
  ladder: ladderOf(settings, step.rules ?? (severity === 'emergency' ? 'important' : 'default')),
  ...(step.hours ? { hours: step.hours } : {}),
  ...(step.unlessAccepted === undefined ? {} : { unlessAccepted: step.unlessAccepted }),
  ...(step.whenAlarmsInWindow ? { whenAlarmsInWindow: step.whenAlarmsInWindow } : {}),
});
