import { type Condition, conditionsSince, type Said } from '../kubernetes/conditions.js';
import type { SurgePolicy } from './surge-policy.js';

/** What the last look has found out. */
export interface Finding {
  /** Replicas that are ready; nothing where there is no such Deployment. */
  ready: number | undefined;
  minReplicas: number;
  isSurging: boolean;
  /** Somebody else wants more than we do, and has it. */
  isOverridden: boolean;
  isPaused: boolean;
}

/** As kstatus reads them: Ready always, Reconciling and Stalled where they are true. */
export const conditionsOf = ({ metadata, status }: SurgePolicy, finding: Finding, now: Date): Condition[] =>
  conditionsSince(said(finding), status?.conditions, metadata.generation ?? 0, now);

function said({ ready, minReplicas, isSurging, isOverridden, isPaused }: Finding): Said[] {
  const surging: Said = isSurging
    ? { type: 'Surging', status: 'True', reason: 'Raised', message: `at least ${minReplicas} replicas` }
    : { type: 'Surging', status: 'False', reason: 'Usual', message: `at least ${minReplicas} replicas, as usual` };
  if (ready === undefined) {
    const missing = { reason: 'TargetMissing', message: 'there is no such Deployment' };
    return [{ type: 'Ready', status: 'False', ...missing }, { type: 'Stalled', status: 'True', ...missing }, surging];
  }
  const [reason, message] = isPaused
    ? ['Paused', 'surges are on hold by the annotation']
    : isOverridden
      ? ['Overridden', 'somebody else has set a larger minimum, and it is left to them']
      : ['Scaled', 'the autoscaler is as the policy says'];
  return [{ type: 'Ready', status: 'True', reason, message }, surging];
}
