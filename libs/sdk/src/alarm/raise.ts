import { type AlarmWarning, ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import type { z } from 'zod';
import type { Directory } from '../chat/directory.js';
import type { RelaisSession } from '../session/relais-session.js';
import type { RaiseWish } from './alarm-options.js';

export interface Raised {
  alarmId: never;
  /** It is told to nobody before a second person approves it. */
  isWaiting: boolean;
  warnings: readonly AlarmWarning[];
}

/** Raises the alarm, with an escalation policy of its own where one group comes after another. */
export async function raise(session: RelaisSession, directory: Directory, wish: RaiseWish): Promise<Raised> {
  const { groups, waitSeconds, title, text, severity, needed } = wish;
  const alarmId = newId<never>();
  const [first = [], ...others] = groups;
  const told = first.includes('everyone') ? { everyone: true } : { userIds: first.map((name) => directory.find(name)) };
  const raised = { alarmId, severity, title, text, needed };
  const call = async (whom: Pick<z.input<typeof ROUTES.raiseAlarm.contract.input>, 'audience' | 'policyId'>) => {
    const { warnings, state } = await session.call(ROUTES.raiseAlarm, { ...raised, ...whom }, { retry: true });
    return { alarmId, warnings, isWaiting: state === 'awaiting_approval' };
  };
  if (others.length === 0) return call({ audience: told });
  if ('everyone' in told) throw new Error('nobody is left to be told after everyone');
  const steps = groups.map((names) => ({
    targets: names.map((name) => ({ kind: 'user' as const, userId: directory.find(name) })),
    waitSeconds,
  }));
  // An alarm keeps the steps it was raised with: the policy is not needed after.
  const policyId = newId<never>();
  await session.call(ROUTES.putEscalationPolicy, { policyId, policy: { name: title, steps } }, { retry: true });
  try {
    return await call({ policyId });
  } finally {
    await session.call(ROUTES.deleteEscalationPolicy, { policyId }, { retry: true });
  }
}
