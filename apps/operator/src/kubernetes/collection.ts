import type { Log } from '@relais/observability';
import { setTimeout as pause } from 'node:timers/promises';
import { heard, watchRestarted } from '../metrics.js';
import type { KubernetesApi, WatchEvent } from './kubernetes-api.js';
import { KubernetesError, type KubernetesObject } from './objects.js';

export interface CollectionOptions<T> {
  api: KubernetesApi;
  path: string;
  /** The plural, for metrics. */
  resource: string;
  /** Told after each change, with nothing when it may have been any; the state is in `items`. */
  changed(object?: T): void;
  log: Log;
  /** How long the server is asked to let one watch last, s. */
  watchSeconds?: number;
  /** How much longer than that it may be silent before it counts as gone, ms. */
  graceMs?: number;
  /** After so long everything is read anew, whatever the watch has said, ms. */
  resyncMs?: number;
}

const BACKOFF_MS = { first: 200, longest: 10_000 };

/**
 * All objects of one kind in a namespace, kept as they are. It cannot go silent for good: a watch lasts a minute at most,
 * one whose end does not come counts as broken, and everything is read anew after each break, when the server has
 * forgotten where we stood (410), and every five minutes.
 */
export class Collection<T extends KubernetesObject> {
  private readonly known = new Map<string, T>();
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private version = '';
  private lastHeardMs = -Infinity;

  constructor(private readonly options: CollectionOptions<T>) {}

  get items(): readonly T[] {
    return [...this.known.values()];
  }

  get(name: string): T | undefined {
    return this.known.get(name);
  }

  /** Nothing was heard for longer than a whole watch and a reading may take. */
  get isStale(): boolean {
    return performance.now() - this.lastHeardMs > 2 * this.longestMs + BACKOFF_MS.longest;
  }

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private get longestMs(): number {
    const { watchSeconds = 60, graceMs = 10_000 } = this.options;
    return watchSeconds * 1_000 + graceMs;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.read();
        failures = 0;
        await this.follow();
      } catch (error) {
        if (signal.aborted) return;
        watchRestarted(this.options.resource);
        this.options.log.warn({ event: 'watch.restarted', subject: this.options.resource, error });
        const waitMs = Math.min(BACKOFF_MS.first * 2 ** failures++, BACKOFF_MS.longest) * (0.5 + Math.random());
        await pause(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async read(): Promise<void> {
    const { items, resourceVersion } = await this.options.api.list<T>(this.options.path);
    this.known.clear();
    for (const item of items) this.known.set(item.metadata.name, item);
    this.version = resourceVersion;
    this.hear();
    this.options.changed();
  }

  /** One watch after another, each from where the last one ended, until it is time to read everything. */
  private async follow(): Promise<void> {
    const { api, path, watchSeconds = 60, resyncMs = 300_000 } = this.options;
    const until = performance.now() + resyncMs;
    while (performance.now() < until && !this.stopping.signal.aborted) {
      const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(this.longestMs)]);
      const query = { resourceVersion: this.version, timeoutSeconds: String(watchSeconds) };
      await api.watch<T>(path, query, (event) => this.take(event), signal);
    }
  }

  private take({ type, object }: WatchEvent<T>): void {
    if (type === 'ERROR') {
      const { code = 500, message = '' } = object as unknown as { code?: number; message?: string };
      throw new KubernetesError(code, message);
    }
    this.version = object.metadata.resourceVersion ?? this.version;
    this.hear();
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') this.known.delete(object.metadata.name);
    else this.known.set(object.metadata.name, object);
    this.options.changed(object);
  }

  private hear(): void {
    this.lastHeardMs = performance.now();
    heard(this.options.resource);
  }
}
