import { AppError, type Clock } from '@relais/kernel';
import type { Log } from '@relais/observability';
import { leaseRenewed, leads, leaseTaken } from '../metrics.js';
import type { Lease, LeaseStore, NewLease } from './lease-store.js';
import type { Monotonic } from './monotonic.js';

/** The time for which this process leads. */
export interface Term {
  /** Which lease, and how often it had changed hands: a later term has another lease or a larger number. */
  readonly lease: string;
  readonly number: number;
  /** Comes when the term is over: whatever is under way has to stop. */
  readonly signal: AbortSignal;
  /** To be asked before each write. @throws AppError `leadership_lost` */
  assertHeld(): void;
}

export interface ElectorOptions {
  /** Of this process alone; never used by another, before or after. */
  identity: string;
  /** How long the others wait after the last renewal they saw; longer than `renewMs`. */
  leaseMs: number;
  /** Without a renewal for so long this process stops leading. */
  renewMs: number;
  retryMs: number;
  time: Monotonic;
  /** For what is written into the lease for people to read; nothing is decided by it. */
  clock: Clock;
  log: Log;
}

type Outcome = 'held' | 'lost' | 'unsure';

/** Who holds a lease that was just made. To take it needs a version of it, so that no request of earlier can. */
const NOBODY = 'nobody';

/** How much longer than `retryMs` a follower waits at most, so that not all of them ask at once. */
const JITTER = 1.2;

/**
 * Sees to it that of all processes with one lease at most one leads, and soon one again after it has gone.
 *
 * A lease that was given back is taken at once; every other one after this process has seen it as it is for its whole
 * duration. A missing one is made for nobody, and waited for like the others: whoever held the one before may not have
 * noticed yet. The times in it decide nothing, so clocks may be wrong. A leader that cannot renew stops before another may
 * begin; one that was stopped itself, and goes on later, notices before its next write. When `lead` ends, the lease is
 * given back.
 */
export class Elector {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  /** The last that was seen, and since when it is seen as it is. */
  private lease: Lease | undefined;
  private seenSinceMs = 0;
  private renewedAtMs = 0;
  private isLeading = false;

  constructor(
    private readonly store: LeaseStore,
    private readonly lead: (term: Term) => Promise<void>,
    private readonly options: ElectorOptions,
  ) {
    const { leaseMs, renewMs, retryMs } = options;
    if (leaseMs <= renewMs || renewMs <= retryMs * JITTER)
      throw new Error(
        `a lease of ${leaseMs} ms is to be longer than ${renewMs} ms, and that longer than ${retryMs} ms`,
      );
  }

  start(): void {
    this.running = this.run();
  }

  /** Ends what is led, then gives the lease back. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { time, retryMs } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      if ((await this.attempt()) === 'held' && !signal.aborted) await this.term();
      await time.sleep(retryMs * (1 + Math.random() * JITTER), signal);
    }
    await this.release();
  }

  /** From the moment the lease is ours until it is not, or nobody wants to lead any more. */
  private async term(): Promise<void> {
    const over = new AbortController();
    const { uid: lease, transitions: number } = this.lease!;
    this.isLeading = true;
    leads(true);
    this.options.log.info({ event: 'leader.began', count: number });
    const term = { lease, number, signal: over.signal, assertHeld: () => this.assertHeld(over) };
    const work = this.lead(term)
      .catch((error: unknown) => {
        if (!over.signal.aborted) this.options.log.error({ event: 'leader.failed', error });
      })
      .finally(() => over.abort());
    await this.keep(over);
    over.abort();
    this.isLeading = false;
    leads(false);
    await work;
    this.options.log.info({ event: 'leader.ended', count: number });
    if (!this.isLate()) await this.release();
  }

  private async keep(over: AbortController): Promise<void> {
    const { time, retryMs, renewMs } = this.options;
    const ended = AbortSignal.any([over.signal, this.stopping.signal]);
    const leftMs = () => Math.ceil(this.renewedAtMs + renewMs - time.nowMs());
    while (!ended.aborted && !this.isLate()) {
      await time.sleep(Math.min(retryMs, leftMs()), ended);
      if (ended.aborted) return;
      // An answer that does not come must not keep this process from stopping in time.
      const outcome = await Promise.race([this.attempt(), time.sleep(leftMs(), ended)]);
      if (outcome === 'lost') return;
    }
  }

  private assertHeld(over: AbortController): void {
    if (this.isLate()) over.abort();
    if (over.signal.aborted) throw new AppError('unavailable', 'leadership_lost');
  }

  private isLate(): boolean {
    return this.options.time.nowMs() - this.renewedAtMs >= this.options.renewMs;
  }

  /** One look at the lease, and the write that follows from it. */
  private async attempt(): Promise<Outcome> {
    const startedAtMs = this.options.time.nowMs();
    try {
      const current = await this.store.read();
      if (!current) return await this.make();
      this.see(current);
      const next = this.nextOf(current);
      if (!next) return 'lost';
      const written = await this.store.replace({ ...current, ...next });
      if (!written) return 'unsure';
      if (current.holder !== written.holder) leaseTaken();
      this.see(written);
      // As of before it was sent: whoever sees it, sees it later.
      this.renewedAtMs = Math.max(this.renewedAtMs, startedAtMs);
      leaseRenewed(this.options.time.nowMs() - startedAtMs);
      return 'held';
    } catch (error) {
      this.options.log.warn({ event: 'leader.lease_unreachable', error });
      return 'unsure';
    }
  }

  private async make(): Promise<Outcome> {
    const now = this.options.clock.now();
    const made = await this.store.create({
      ...{ holder: NOBODY, durationSeconds: this.durationSeconds, acquiredAt: now, renewedAt: now },
      transitions: this.lease?.transitions ?? 0,
    });
    if (made) this.see(made);
    return 'lost';
  }

  /** The lease as this process would have it; nothing while it is another's. */
  private nextOf(current: Lease): NewLease | null {
    const { identity, clock } = this.options;
    const now = clock.now();
    const mine = { holder: identity, durationSeconds: this.durationSeconds, renewedAt: now };
    const isMine = current.holder === identity;
    if (this.isLeading && !isMine) return null;
    if (isMine) return { ...mine, acquiredAt: current.acquiredAt, transitions: current.transitions };
    if (current.holder !== '' && !this.hasRunOut(current)) return null;
    return { ...mine, acquiredAt: now, transitions: current.transitions + 1 };
  }

  private get durationSeconds(): number {
    return Math.ceil(this.options.leaseMs / 1_000);
  }

  private hasRunOut({ durationSeconds }: Lease): boolean {
    const { time, leaseMs } = this.options;
    return time.nowMs() - this.seenSinceMs >= Math.max(leaseMs, durationSeconds * 1_000);
  }

  private see(lease: Lease): void {
    if (this.lease?.version !== lease.version) this.seenSinceMs = this.options.time.nowMs();
    this.lease = lease;
  }

  private async release(): Promise<void> {
    const { lease } = this;
    if (lease?.holder !== this.options.identity) return;
    try {
      const released = await this.store.replace({
        ...lease,
        holder: '',
        durationSeconds: 1,
        renewedAt: this.options.clock.now(),
      });
      if (released) this.see(released);
    } catch (error) {
      this.options.log.warn({ event: 'leader.release_failed', error });
    }
  }
}
