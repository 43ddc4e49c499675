import type { Log } from '@relais/observability';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import { GROUP_VERSION, isCode, type KubernetesObject } from '../kubernetes/objects.js';
import type { Recorder } from '../kubernetes/recorder.js';
import { changeStatus } from '../kubernetes/status.js';
import type { Term } from '../leader/elector.js';
import { surgeRaised, surgeReached, surgeSkipped, type SkipReason } from '../metrics.js';
import { type Autoscaler, autoscalerOf, autoscalersOf, foreignMinimum } from './autoscaler.js';
import { conditionsOf } from './conditions.js';
import { afterTrigger, minReplicasAt } from './surge-plan.js';
import { SURGE_ANNOTATION, type SurgePolicy, type SurgeStatus, type Trigger } from './surge-policy.js';

const MAX_ATTEMPTS = 5;

interface Deployment extends KubernetesObject {
  status?: { readyReplicas?: number };
}

export const policiesOf = (namespace: string): string => `/apis/${GROUP_VERSION}/namespaces/${namespace}/surgepolicies`;

/**
 * Brings autoscalers into the state that policies ask for, for as long as the term lasts. What is decided is in the status
 * before anything is done about it, so that any leader goes on where another ended, and doing it twice is doing it once.
 */
export class SurgeReconciler {
  constructor(
    readonly api: KubernetesApi,
    private readonly namespace: string,
    readonly term: Term,
    private readonly recorder: Recorder,
    private readonly log: Log,
  ) {}

  /** Raises the minimum before the people come, unless the policy says not to. @returns why not */
  async trigger(name: string, trigger: Trigger): Promise<SkipReason | 'raised'> {
    let skipped: SkipReason | undefined;
    const policy = await this.change(name, (current) => {
      const next = afterTrigger(current, trigger, this.api.now());
      skipped = typeof next === 'string' ? next : undefined;
      return typeof next === 'string' ? current.status : next;
    });
    // Known may mean that it was written and not done any more.
    if (policy && (!skipped || skipped === 'known')) await this.scale(policy);
    if (skipped) surgeSkipped(skipped);
    if (!policy || skipped) return skipped ?? 'late';
    surgeRaised(this.api.now().getTime() - trigger.at.getTime());
    this.log.info({ event: 'surge.raised', reason: trigger.cause, count: policy.status?.surge?.replicas });
    const until = policy.status?.surge?.until ?? '';
    await this.recorder.say(policy, 'Normal', 'SurgeRaised', `${trigger.cause}: more replicas until ${until}`);
    return 'raised';
  }

  /** The autoscaler and the status as they have to be now. @returns the policy, or null where it has gone */
  async reconcile(name: string): Promise<SurgePolicy | null> {
    const policy = await this.api.get<SurgePolicy>(`${policiesOf(this.namespace)}/${name}`);
    if (!policy || policy.metadata.deletionTimestamp) return null;
    const { minReplicas, isOverridden } = await this.scale(policy);
    const target = `/apis/apps/v1/namespaces/${this.namespace}/deployments/${policy.spec.target}`;
    const deployment = await this.api.get<Deployment>(target);
    const ready = deployment ? (deployment.status?.readyReplicas ?? 0) : undefined;
    const wasOn = policy.status?.surge !== undefined;
    const after = await this.change(name, (current) => this.observed(current, { ready, minReplicas, isOverridden }));
    if (wasOn && after && !after.status?.surge)
      await this.recorder.say(after, 'Normal', 'SurgeOver', `at least ${minReplicas} replicas, as usual`);
    return after;
  }

  private observed(
    policy: SurgePolicy,
    found: { ready: number | undefined; minReplicas: number; isOverridden: boolean },
  ): SurgeStatus {
    const now = this.api.now();
    const { surge, ...status } = policy.status ?? {};
    const isPaused = policy.metadata.annotations?.[SURGE_ANNOTATION] === 'paused';
    const isOn =
      surge !== undefined &&
      (isPaused || minReplicasAt(policy, now) > policy.spec.minReplicas || now < new Date(surge.until));
    const isReached = surge && !surge.reachedAt && (found.ready ?? 0) >= surge.replicas;
    if (isReached) surgeReached(now.getTime() - Date.parse(surge.since));
    const next = {
      ...status,
      observedGeneration: policy.metadata.generation,
      minReplicas: found.minReplicas,
      ...(found.ready !== undefined && { readyReplicas: found.ready }),
      ...(isOn && { surge: isReached ? { ...surge, reachedAt: now.toISOString() } : surge }),
    };
    return { ...next, conditions: conditionsOf(policy, { ...found, isSurging: isOn, isPaused }, now) } as SurgeStatus;
  }

  /** A larger minimum that somebody else has set is left to them: what is not sent is not ours. */
  private async scale(policy: SurgePolicy): Promise<{ minReplicas: number; isOverridden: boolean }> {
    const isPaused = policy.metadata.annotations?.[SURGE_ANNOTATION] === 'paused';
    const planned = minReplicasAt(policy, this.api.now());
    const minReplicas = isPaused ? (policy.status?.minReplicas ?? planned) : planned;
    const path = `${autoscalersOf(this.namespace)}/${policy.metadata.name}`;
    for (let attempt = 1; ; attempt++) {
      const current = await this.api.get<Autoscaler>(path);
      const theirs = foreignMinimum(current);
      const isOverridden = theirs !== undefined && theirs > minReplicas;
      // Of the version that was looked at: what somebody sets in between is seen, and not undone.
      const wanted = autoscalerOf(policy, isOverridden ? undefined : minReplicas, current?.metadata.resourceVersion);
      this.term.assertHeld();
      try {
        await this.api.apply(path, wanted);
        return { minReplicas, isOverridden };
      } catch (error) {
        if (!isCode(error, 409) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  private change(name: string, decide: (policy: SurgePolicy) => SurgeStatus | undefined): Promise<SurgePolicy | null> {
    return changeStatus<SurgePolicy>(this, `${policiesOf(this.namespace)}/${name}`, decide);
  }
}
