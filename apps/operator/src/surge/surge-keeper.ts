import { EventConsumer, type EventStream } from '@relais/bus/events';
import { alertingFactRecorded, consumerOf, outageModeChanged } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import type { Log, ReadinessCheck } from '@relais/observability';
import { setTimeout as pause } from 'node:timers/promises';
import { Collection } from '../kubernetes/collection.js';
import { FIELD_MANAGER, type KubernetesApi } from '../kubernetes/kubernetes-api.js';
import { GROUP_VERSION } from '../kubernetes/objects.js';
import { Recorder } from '../kubernetes/recorder.js';
import type { Term } from '../leader/elector.js';
import { reconciled, surges, surgeSkipped } from '../metrics.js';
import type { NamedPolicy } from '../config.js';
import { afterTrigger, surgeSeconds } from './surge-plan.js';
import type { SurgePolicy, Trigger } from './surge-policy.js';
import { policiesOf, SurgeReconciler } from './surge-reconciler.js';
import { triggerOfFact, triggerOfOutage } from './triggers.js';

export interface SurgeOptions {
  api: KubernetesApi;
  namespace: string;
  events: EventStream;
  /** The policy of this installation, kept as it is given here; others may be made by hand. */
  own: NamedPolicy | undefined;
  reconcileMs: number;
  log: Log;
}

/** What a leader that is frozen has in its hands goes to the next one after so long, not after half a minute. */
const ACK_WAIT_MS = 3_000;
/** How often is looked while the replicas that were asked for are not there yet. */
const WAITING_MS = 1_000;
const NO_SURGE = { active: 0, requested: 0, ready: 0, ageRatio: 0 };

/** Watches the policies always, and acts on them and on what happens while it leads. */
export class SurgeKeeper {
  private readonly policies: Collection<SurgePolicy>;
  private wake = new AbortController();

  constructor(private readonly options: SurgeOptions) {
    const { api, namespace, log } = options;
    const path = policiesOf(namespace);
    this.policies = new Collection({ api, path, resource: 'surgepolicies', changed: () => this.wake.abort(), log });
  }

  get readiness(): ReadinessCheck {
    return {
      name: 'surgepolicies',
      check: () => {
        if (this.policies.isStale) throw new Error('the API server does not tell of them: is their definition there?');
      },
    };
  }

  start(): void {
    this.policies.start();
  }

  stop(): Promise<void> {
    return this.policies.stop();
  }

  /** The work of a leader, until its term is over. */
  async lead(term: Term): Promise<void> {
    const { api, namespace, log } = this.options;
    const recorder = new Recorder(api, log);
    const reconciler = new SurgeReconciler(api, namespace, term, recorder, log);
    const consumers = this.consumers(reconciler);
    for (const consumer of consumers) consumer.start();
    try {
      while (!term.signal.aborted) {
        const isWaiting = await this.reconcileAll(reconciler, term);
        this.wake = new AbortController();
        const signal = AbortSignal.any([term.signal, this.wake.signal]);
        const waitMs = isWaiting ? WAITING_MS : this.options.reconcileMs;
        await pause(waitMs, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      // The next leader counts from here on.
      surges({ ...NO_SURGE });
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    }
  }

  /** Events are taken by the leader alone: what it has not dealt with comes to the next one. */
  private consumers(reconciler: SurgeReconciler) {
    const { events, log } = this.options;
    const take = (trigger: Trigger | null) => (trigger ? this.take(reconciler, trigger) : Promise.resolve());
    return [
      new EventConsumer(events, {
        ...{ name: consumerOf('operator', alertingFactRecorded), contract: alertingFactRecorded, log },
        ackWaitMs: ACK_WAIT_MS,
        handle: (fact) => take(triggerOfFact(fact)),
      }),
      new EventConsumer(events, {
        ...{ name: consumerOf('operator', outageModeChanged), contract: outageModeChanged, log },
        ackWaitMs: ACK_WAIT_MS,
        handle: (change) => take(triggerOfOutage(change)),
      }),
    ];
  }

  private async take(reconciler: SurgeReconciler, trigger: Trigger): Promise<void> {
    if (this.policies.isStale) throw new AppError('unavailable', 'policies_unknown');
    for (const policy of this.policies.items) {
      const { name } = policy.metadata;
      const guess = afterTrigger(policy, trigger, this.options.api.now());
      // What is small or late by what is known here stays so: nothing has to be asked for it.
      if (guess === 'small' || guess === 'late') {
        surgeSkipped(guess);
        continue;
      }
      try {
        await reconciler.trigger(name, trigger);
      } catch (error) {
        throw new AppError('unavailable', 'surge_not_raised', name, { cause: error });
      }
    }
  }

  /** @returns whether a surge waits for its replicas */
  private async reconcileAll(reconciler: SurgeReconciler, term: Term): Promise<boolean> {
    await this.timed(() => this.keepOwn(term));
    const sum = { ...NO_SURGE };
    let isWaiting = false;
    for (const known of this.policies.items) {
      const found = await this.timed(() => reconciler.reconcile(known.metadata.name));
      // One that cannot be dealt with is still what it was when it was last heard of.
      const policy = found === undefined ? known : found;
      const surge = policy?.status?.surge;
      if (!surge) continue;
      const ageSeconds = (this.options.api.now().getTime() - Date.parse(surge.since)) / 1_000;
      sum.ageRatio = Math.max(sum.ageRatio, ageSeconds / surgeSeconds(policy.spec));
      sum.active++;
      sum.requested += policy?.status?.minReplicas ?? 0;
      sum.ready += policy?.status?.readyReplicas ?? 0;
      isWaiting ||= surge.reachedAt === undefined;
    }
    surges(sum);
    return isWaiting;
  }

  /** Ours goes with the Deployment that it scales. */
  private async keepOwn(term: Term): Promise<void> {
    const { own, api, namespace } = this.options;
    if (!own) return;
    const target = `/apis/apps/v1/namespaces/${namespace}/deployments/${own.spec.target}`;
    const deployment = await api.get(target);
    if (!deployment) return;
    const { name, uid } = deployment.metadata;
    term.assertHeld();
    await api.apply(`${policiesOf(namespace)}/${own.name}`, {
      apiVersion: GROUP_VERSION,
      kind: 'SurgePolicy',
      metadata: {
        name: own.name,
        labels: { 'app.kubernetes.io/name': 'relais', 'app.kubernetes.io/managed-by': FIELD_MANAGER },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid }],
      },
      spec: own.spec,
    });
  }

  private async timed<T>(work: () => Promise<T>): Promise<T | undefined> {
    const startedMs = performance.now();
    try {
      const result = await work();
      reconciled('SurgePolicy', 'ok', performance.now() - startedMs);
      return result;
    } catch (error) {
      reconciled('SurgePolicy', 'failed', performance.now() - startedMs);
      this.options.log.warn({ event: 'surge.reconcile_failed', error });
      return undefined;
    }
  }
}
