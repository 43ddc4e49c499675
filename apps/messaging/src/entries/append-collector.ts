import { AppError, type OrganizationId } from '@relais/kernel';
import { batchCommitted } from '../metrics.js';
import type { Append, Appended } from './append.js';
import type { AppendBatch } from './append-batch.js';

export interface CollectorOptions {
  /** How long the first append of a batch waits for company, ms. */
  windowMs: number;
  maxBatch: number;
  /** Batches under way at once. */
  maxFlying: number;
  /** While a batch of an organization is under way its next one grows; with this many waiting, it goes beside it. */
  secondAt: number;
  /** It also goes beside one this small: there is little to gain from growing when little comes in. */
  small: number;
  /** A batch that takes longer than this waits for something, such as a locked conversation, ms. */
  slowAfterMs: number;
  /** Slow batches beside the others, so that one locked conversation does not hold up all. */
  maxSlow: number;
  /** More than this waiting means that the database cannot keep up: new ones are refused at once. */
  maxWaiting: number;
}

export const COLLECTOR: CollectorOptions = {
  windowMs: 1,
  maxBatch: 256,
  maxFlying: 6,
  secondAt: 128,
  small: 8,
  slowAfterMs: 100,
  maxSlow: 4,
  maxWaiting: 4_000,
};

type Waiting = Append & { isAbandoned(): boolean };

/**
 * Gathers appends for about a millisecond and commits those of an organization together: a commit costs the same disk
 * sync for one entry as for a hundred.
 */
export class AppendCollector {
  private readonly waiting = new Map<OrganizationId, Waiting[]>();
  private count = 0;
  private readonly flying = new Map<OrganizationId, number[]>();
  private flyingCount = 0;
  private slow = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly batch: AppendBatch,
    private readonly options: CollectorOptions = COLLECTOR,
  ) {}

  /** Resolves once the entry is committed; rejects with what the contract declares. */
  add(organizationId: OrganizationId, wish: Omit<Waiting, 'done' | 'failed'>): Promise<Appended> {
    if (this.count >= this.options.maxWaiting)
      return Promise.reject(new AppError('unavailable', 'overloaded', undefined, { retryAfterMs: 500 }));
    return new Promise((done, failed) => {
      const queue = this.waiting.get(organizationId);
      const append = { ...wish, done, failed };
      if (queue) queue.push(append);
      else this.waiting.set(organizationId, [append]);
      this.count++;
      this.timer ??= setTimeout(() => this.flush(), this.options.windowMs);
    });
  }

  private flush(): void {
    this.timer = undefined;
    for (const [organizationId, queue] of [...this.waiting]) {
      if (this.flyingCount >= this.options.maxFlying) return;
      if (!this.mayFly(organizationId, queue.length)) continue;
      // Organizations take turns, so that a busy one does not starve the others.
      this.waiting.delete(organizationId);
      const wanted = this.take(queue);
      if (queue.length > 0) this.waiting.set(organizationId, queue);
      if (wanted.length > 0) this.fly(organizationId, wanted);
    }
  }

  /** The next batch of a queue, without those that nobody waits for any more. */
  private take(queue: Waiting[]): Waiting[] {
    for (;;) {
      const taken = queue.splice(0, this.options.maxBatch);
      this.count -= taken.length;
      const abandoned = taken.filter((append) => append.isAbandoned());
      for (const append of abandoned) append.failed(new AppError('timeout', 'bus_timeout'));
      if (abandoned.length < taken.length) return taken.filter((append) => !abandoned.includes(append));
      if (queue.length === 0) return [];
    }
  }

  private fly(organizationId: OrganizationId, wanted: Waiting[]): void {
    this.depart(organizationId, wanted.length);
    batchCommitted(wanted.length);
    let isSlow = false;
    const timer = setTimeout(() => {
      if (this.slow >= this.options.maxSlow) return;
      isSlow = true;
      this.slow++;
      this.arrive(organizationId, wanted.length);
      this.flush();
    }, this.options.slowAfterMs);
    void this.batch.run(organizationId, wanted).finally(() => {
      clearTimeout(timer);
      if (isSlow) this.slow--;
      else this.arrive(organizationId, wanted.length);
      this.flush();
    });
  }

  private mayFly(organizationId: OrganizationId, waiting: number): boolean {
    const [size, ...others] = this.flying.get(organizationId) ?? [];
    if (size === undefined) return true;
    return others.length === 0 && (size <= this.options.small || waiting >= this.options.secondAt);
  }

  private depart(organizationId: OrganizationId, size: number): void {
    this.flyingCount++;
    this.flying.set(organizationId, [...(this.flying.get(organizationId) ?? []), size]);
  }

  private arrive(organizationId: OrganizationId, size: number): void {
    this.flyingCount--;
    const sizes = this.flying.get(organizationId) ?? [];
    const left = sizes.toSpliced(sizes.indexOf(size), 1);
    if (left.length > 0) this.flying.set(organizationId, left);
    else this.flying.delete(organizationId);
  }
}
