import type { Database, Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { type Log, RepeatedFailure } from '@relais/observability';
import { cycleTook, timerFailed, timerFired } from '../metrics.js';
import type { Dispatcher } from '../notifications/dispatcher.js';
import { type Hand, SOCKET_LEASE_SECONDS } from '../notifications/hand.js';
import { Errands, LEASE_SECONDS } from './errands.js';
import {
  dropTimer,
  dueOrganizations,
  type Leased,
  leaseTimer,
  type Outlook,
  outlook,
  postponeNext,
  setTimer,
  takeDue,
  type Timer,
} from './timers.postgres.js';
import type { ErrandWork, Work } from './work.js';

/** Raised with every change that an older replica would do wrong; see the migration that raises `engine_module`. */
const VERSION = 2;
const AT_ONCE = 100;
const ORGANIZATIONS = 500;
const SEND_AGAIN_SECONDS = 2;
/** After which a timer that could not be done is tried again; the others do not wait for it. */
const FAILED_AGAIN_SECONDS = 30;

export interface EngineOptions {
  /** The longest it sleeps: what was set by another replica is seen within it. */
  pollMs: number;
  log: Log;
  /** Asked once, when the first timer is due: by then everything that does something is there. */
  findWork: () => Work;
}

/**
 * Does what is due. A timer of a duty is taken, done and dropped in one transaction: a replica that ends in the middle has
 * done nothing, and another does it. A timer of an errand is leased, and done again by another when the lease ends. Any
 * number of replicas work side by side (R-AL1, R-AL4).
 */
export class Engine {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;
  private work: Work | undefined;
  private readonly errands: Errands;
  private readonly failure: RepeatedFailure;
  private isStarted = false;
  private isStopping = false;
  private isWoken = false;
  /** When the last cycle ended well, ms of the steady clock. */
  private cycledAtMs = performance.now();

  constructor(
    private readonly db: Database,
    private readonly dispatcher: Dispatcher,
    private readonly options: EngineOptions,
  ) {
    this.errands = new Errands(db, options.log);
    this.failure = new RepeatedFailure(options.log, {
      level: 'error',
      failed: 'alerting.cycle_failed',
      recovered: 'alerting.cycle_recovered',
    });
    dispatcher.onDue = () => this.wake();
  }

  /** @throws Error when two features claim the same kind of timer: better now than when an alarm is due */
  start(): void {
    this.work = this.options.findWork();
    this.isStarted = true;
    this.wake();
  }

  async stop(): Promise<void> {
    this.isStarted = false;
    this.isStopping = true;
    clearTimeout(this.timer);
    await this.working;
    await this.errands.stop();
    await this.dispatcher.idle();
  }

  /** Everything that was begun is at its end. */
  async idle(): Promise<void> {
    await this.errands.idle();
    await this.dispatcher.idle();
  }

  /** Something is due now, as far as this replica knows. */
  wake(): void {
    if (!this.isStarted) return;
    this.isWoken = true;
    if (this.working) return;
    clearTimeout(this.timer);
    this.working = this.cycle().finally(() => {
      this.working = undefined;
      if (this.isWoken) this.wake();
    });
  }

  /** How long no cycle has ended well, ms. */
  get stalledMs(): number {
    return performance.now() - this.cycledAtMs;
  }

  /** Does what is due now, to the end. What is to be sent is on its way then, not sent. */
  async runOnce(): Promise<void> {
    await this.workOff(await this.look());
  }

  private async cycle(): Promise<void> {
    this.isWoken = false;
    const beganAtMs = performance.now();
    let sleepMs = this.options.pollMs;
    try {
      const { due_ms } = await this.workOff(await this.look());
      sleepMs = Math.max(0, Math.min(this.options.pollMs, due_ms ?? this.options.pollMs));
      this.cycledAtMs = performance.now();
      cycleTook((performance.now() - beganAtMs) / 1_000);
      this.failure.succeeded();
    } catch (error) {
      this.failure.failed(error);
    }
    if (this.isStarted) this.timer = setTimeout(() => this.wake(), sleepMs);
  }

  private look(): Promise<Outlook> {
    return this.db.outside((tx) => outlook(tx));
  }

  /** @returns what is left to do, which is nothing yet, or nothing that this replica may or can do */
  private async workOff(before: Outlook): Promise<Outlook> {
    for (let ahead = before; ; ahead = await this.look()) {
      if (ahead.version > VERSION) return { ...ahead, due_ms: null };
      if (ahead.due_ms === null || ahead.due_ms > 0) return ahead;
      const organizations = await this.db.outside((tx) => dueOrganizations(tx, ORGANIZATIONS));
      let done = 0;
      for (const organizationId of organizations) done += this.isStopping ? 0 : await this.organization(organizationId);
      // What is left is in the hands of another replica.
      if (done === 0) return { ...ahead, due_ms: null };
    }
  }

  /** One timer that cannot be done holds up neither the others of its organization nor other organizations. */
  private async organization(organizationId: OrganizationId): Promise<number> {
    try {
      return await this.batch(organizationId, AT_ONCE);
    } catch (error) {
      this.options.log.error({ event: 'alerting.batch_failed', organizationId, error });
    }
    let done = 0;
    for (let left = AT_ONCE; left > 0; left--) {
      const fired = await this.batch(organizationId, 1).catch((error: unknown) => this.postpone(organizationId, error));
      if (fired === 0) break;
      done += fired;
    }
    return done;
  }

  /** Puts off the timer that is next: the one that has just failed. */
  private async postpone(organizationId: OrganizationId, error: unknown): Promise<number> {
    timerFailed();
    const timer = await this.db.within(organizationId, (tx) => postponeNext(tx, organizationId, FAILED_AGAIN_SECONDS));
    this.options.log.error({ event: 'alerting.timer_failed', organizationId, kind: timer?.kind, error });
    return timer ? 1 : 0;
  }

  /** @returns how many timers fired */
  private async batch(organizationId: OrganizationId, limit: number): Promise<number> {
    let isSending = false;
    const hand = this.dispatcher.hand(organizationId);
    const leased: Leased[] = [];
    const fired = await this.db.within(organizationId, async (tx) => {
      const due = await takeDue(tx, organizationId, limit);
      // Replicas take alarms in the same order, so that none waits for another that waits for it.
      for (const timer of due.toSorted((a, b) => (a.subject_id < b.subject_id ? -1 : 1))) {
        if (this.workToDo.errands.has(timer.kind)) leased.push(await leaseTimer(tx, timer, LEASE_SECONDS));
        else if (await this.fire(tx, timer, hand)) isSending = true;
      }
      // This replica sends at once; if it ends before, another does.
      const send = { subject_id: organizationId, kind: 'send' } as const;
      if (isSending) await setTimer(tx, organizationId, send, SEND_AGAIN_SECONDS);
      else if (hand.taken.length > 0) await setTimer(tx, organizationId, send, SOCKET_LEASE_SECONDS);
      return due;
    });
    for (const { kind } of fired) timerFired(kind);
    for (const one of leased) this.errands.add(one, this.workToDo.errands.get(one.kind) as ErrandWork);
    this.dispatcher.sendTaken(organizationId, hand.taken);
    if (isSending) this.dispatcher.send(organizationId);
    return fired.length;
  }

  /** @returns whether there is something to send that is not in the hand */
  private async fire(tx: Tx, timer: Timer, hand: Hand): Promise<boolean> {
    const duty = this.workToDo.duties.get(timer.kind);
    if (!duty) throw new Error(`nothing here does timers of the kind ${timer.kind}`);
    await dropTimer(tx, timer);
    return duty(tx, timer, hand);
  }

  private get workToDo(): Work {
    return (this.work ??= this.options.findWork());
  }
}
