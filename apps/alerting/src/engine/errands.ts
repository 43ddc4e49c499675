import type { Database } from '@relais/database';
import type { Log } from '@relais/observability';
import { timerFailed } from '../metrics.js';
import { againIn, type Leased } from './timers.postgres.js';
import type { ErrandWork } from './work.js';

/** How long an errand has, of which its last seconds are for writing down what came of it. */
export const LEASE_SECONDS = 60;
const GIVE_UP_MS = (LEASE_SECONDS - 10) * 1_000;
const AT_ONCE = 16;
const FAILED_AGAIN_SECONDS = 30;

interface Waiting {
  leased: Leased;
  work: ErrandWork;
  leasedAtMs: number;
}

/** Runs errands side by side, a few at a time. One that waits past its lease is left to whoever takes it next. */
export class Errands {
  private readonly waiting: Waiting[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly db: Database,
    private readonly log: Log,
  ) {}

  /** Never refuses: there are at most as many waiting as were leased within one lease. */
  add(leased: Leased, work: ErrandWork): void {
    this.waiting.push({ leased, work, leasedAtMs: performance.now() });
    this.next();
  }

  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }

  /** What is waiting is left to others; what runs is asked to give up. */
  async stop(): Promise<void> {
    this.waiting.length = 0;
    this.stopping.abort();
    await this.idle();
  }

  private next(): void {
    while (this.running.size < AT_ONCE) {
      const one = this.waiting.shift();
      if (!one) return;
      const leftMs = Math.floor(one.leasedAtMs + GIVE_UP_MS - performance.now());
      if (leftMs <= 0) continue;
      const run = this.run(one, leftMs).finally(() => {
        this.running.delete(run);
        this.next();
      });
      this.running.add(run);
    }
  }

  private async run({ leased, work }: Waiting, leftMs: number): Promise<void> {
    const signal = AbortSignal.any([AbortSignal.timeout(leftMs), this.stopping.signal]);
    const again = await work(leased, signal).catch((error: unknown) => this.failed(leased, error));
    await this.db
      .within(leased.organization_id, (tx) => againIn(tx, leased, again))
      .catch((error: unknown) => this.failed(leased, error));
  }

  private failed({ organization_id: organizationId, kind }: Leased, error: unknown): number {
    timerFailed();
    this.log.error({ event: 'alerting.errand_failed', organizationId, kind, error });
    return FAILED_AGAIN_SECONDS;
  }
}
