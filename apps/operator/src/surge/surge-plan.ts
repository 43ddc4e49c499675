import type { SkipReason } from '../metrics.js';
import { SURGE_ANNOTATION, type SurgePolicy, type SurgeSpec, type SurgeStatus, type Trigger } from './surge-policy.js';

const HOUR_MS = 3_600_000;
/** More than come while one surge lasts; a trigger that is told again later is too old to count. */
const REMEMBERED = 200;

/** What is known after a trigger, or why it changes nothing. A trigger during a surge prolongs it and adds up to nothing. */
export function afterTrigger(policy: SurgePolicy, trigger: Trigger, now: Date): SurgeStatus | SkipReason {
  const { spec, status = {} } = policy;
  const { surge: wanted } = spec;
  const { handled = [], surge } = status;
  const holdMs = wanted.holdSeconds * 1_000;
  const nowMs = now.getTime();
  if (handled.includes(trigger.id)) return 'known';
  if (policy.metadata.annotations?.[SURGE_ANNOTATION] === 'paused') return 'paused';
  if (trigger.cause === 'alarm' && trigger.recipients < wanted.minRecipients) return 'small';
  if (nowMs - trigger.at.getTime() >= holdMs) return 'late';
  const isOn = surge !== undefined && Date.parse(surge.until) > nowMs;
  const begunAt = (status.begunAt ?? []).filter((at) => nowMs - Date.parse(at) < HOUR_MS);
  if (!isOn && begunAt.length >= wanted.maxPerHour) return 'limited';
  return {
    ...status,
    handled: [...handled, trigger.id].slice(-REMEMBERED),
    begunAt: isOn ? begunAt : [...begunAt, now.toISOString()],
    surge: {
      ...(isOn ? surge : { since: now.toISOString() }),
      cause: trigger.cause,
      replicas: surgeReplicas(spec),
      until: new Date(nowMs + holdMs).toISOString(),
    },
  };
}

/** The minimum for now; made of what the policy and its status say and nothing else, so that it comes out at any leader. */
export function minReplicasAt({ spec, status }: Pick<SurgePolicy, 'spec' | 'status'>, now: Date): number {
  const surge = status?.surge;
  if (!surge) return spec.minReplicas;
  const pastMs = now.getTime() - Date.parse(surge.until);
  const replicas = Math.min(surge.replicas, spec.maxReplicas);
  if (pastMs < 0) return Math.max(spec.minReplicas, replicas);
  const steps = Math.floor(pastMs / (spec.surge.stepSeconds * 1_000)) + 1;
  return Math.max(spec.minReplicas, replicas - steps);
}

/** How long the surge of one alarm is on, until the minimum is the usual one again. */
export function surgeSeconds(spec: SurgeSpec): number {
  const { holdSeconds, stepSeconds } = spec.surge;
  // The first step is the end of the time it is held.
  const steps = Math.max(0, surgeReplicas(spec) - spec.minReplicas - 1);
  return holdSeconds + steps * stepSeconds;
}

const surgeReplicas = ({ minReplicas, maxReplicas, surge }: SurgeSpec): number =>
  Math.min(Math.max(surge.replicas, minReplicas), maxReplicas);
