import type { Said } from '../kubernetes/conditions.js';
import type { Failure } from './failure.js';

/** As kstatus reads them: Ready always, Reconciling and Stalled where they are true. */
export function conditionsOf(isPaused: boolean, failure?: Failure): Said[] {
  if (failure) {
    const { reason, message, isFinal } = failure;
    return [
      { type: 'Ready', status: 'False', reason, message },
      { type: isFinal ? 'Stalled' : 'Reconciling', status: 'True', reason, message },
    ];
  }
  const [reason, message] = isPaused
    ? ['Paused', 'alerts raise nothing until isPaused is false']
    : ['Routed', 'alerts that are posted to the url of the Secret raise alarms by the policy'];
  return [{ type: 'Ready', status: 'True', reason, message }];
}
