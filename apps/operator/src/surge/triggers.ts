import type { Fact, OutageModeChanged } from '@relais/contracts';
import type { Trigger } from './surge-policy.js';

/** An alarm that people are told of, now or as soon as a second person has approved it; nothing for other facts. */
export function triggerOfFact({ action, outcome, object, at, after }: Fact): Trigger | null {
  if (action !== 'alarm.raised' || outcome !== 'done') return null;
  const recipients = typeof after?.['recipients'] === 'number' ? after['recipients'] : 0;
  return { id: `alarm/${object.id}`, cause: 'alarm', at: new Date(at), recipients };
}

/** Outage mode that goes on: everybody comes here. */
export const triggerOfOutage = ({ id, at, on }: OutageModeChanged): Trigger | null =>
  on ? { id: `outage/${id}`, cause: 'outage', at: new Date(at), recipients: Infinity } : null;
