import type { Audience, EscalationStep } from '@relais/contracts';

/** Who of a step is settled when the alarm is raised. */
export const staticAudienceOf = ({
  targets,
}: Pick<EscalationStep, 'targets'>): Pick<Audience, 'userIds' | 'poolIds' | 'everyone'> => ({
  userIds: [
    ...new Set(
      targets.flatMap((target) =>
        target.kind === 'user' ? [target.userId] : target.kind === 'next_of' ? target.userIds : [],
      ),
    ),
  ],
  poolIds: targets.flatMap((target) => (target.kind === 'pool' ? [target.poolId] : [])),
  everyone: false,
});
