import { ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import type { Directory } from '../chat/directory.js';
import type { RelaisSession } from '../session/relais-session.js';
import type { RaiseWish } from './alarm-options.js';

/** Raises the alarm, with an escalation policy of its own where one group comes after another. @returns its id */
export async function raise(session: RelaisSession, directory: Directory, wish: RaiseWish): Promise<never> {
  const { groups, waitSeconds, title, text, severity, needed } = wish;
  const alarmId = newId<never>();
  const [first = [], ...others] = groups;
  const told = first.includes('everyone') ? { everyone: true } : { userIds: first.map((name) => directory.find(name)) };
  const raised = { alarmId, severity, title, text, needed };
  if (others.length === 0) await session.call(ROUTES.raiseAlarm, { ...raised, audience: told }, { retry: true });
  else if ('everyone' in told) throw new Error('nobody is left to be told after everyone');
  else {
    const steps = groups.map((names) => ({
      targets: names.map((name) => ({ kind: 'user' as const, userId: directory.find(name) })),
      waitSeconds,
    }));
    // An alarm keeps the steps it was raised with: the policy is not needed after.
    const policyId = newId<never>();
    await session.call(ROUTES.putEscalationPolicy, { policyId, policy: { name: title, steps } }, { retry: true });
    try {
      await session.call(ROUTES.raiseAlarm, { ...raised, policyId }, { retry: true });
    } finally {
      await session.call(ROUTES.deleteEscalationPolicy, { policyId }, { retry: true });
    }
  }
  return alarmId;
}
