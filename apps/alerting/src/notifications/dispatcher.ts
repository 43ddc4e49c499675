import { type AlarmPath, alarmPath } from '@relais/contracts';
import type { Database } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { Log } from '@relais/observability';
import { setTimer, wakeLadders } from '../engine/timers.postgres.js';
import { alarmDispatched, notificationEnded } from '../metrics.js';
import { type Claimed, claim } from './claim.postgres.js';
import { finish, isStuck, type Outcome } from './finish.postgres.js';
import { areSent, finishSent } from './finish-sent.postgres.js';
import { Hand } from './hand.js';
import { Lanes } from './lanes.js';
import { markDispatched, nextWaiting } from './notification-rows.postgres.js';

/** A way to reach people. Called after the commit; the notification's id is the key by which a repetition is known. */
export interface Path {
  /** Outcomes in the order of `claimed`. Must not throw for what concerns one notification only. */
  send(organizationId: OrganizationId, claimed: readonly Claimed[]): Promise<Outcome[]>;
}

/** What is more urgent shall not wait for long, and who talks meanwhile neither. */
const AT_ONCE = 250;
/** What waits for a way that is busy here is looked for again so soon, by whoever has time then. */
const LOOK_AGAIN_SECONDS = 1;

/** Sends what is waiting, by organization and way. */
export class Dispatcher {
  private readonly handingOut = new Map<OrganizationId, Promise<void>>();
  private readonly again = new Set<OrganizationId>();
  private readonly lanes = new Lanes();
  /** Where something may wait for a way that is busy here. */
  private readonly wanted = new Set<OrganizationId>();
  /** Told when something is due that the engine does not know of yet. */
  onDue: () => void = () => undefined;

  constructor(
    private readonly db: Database,
    private readonly paths: Readonly<Partial<Record<AlarmPath, Path>>>,
    private readonly log: Log,
  ) {}

  send(organizationId: OrganizationId): void {
    if (this.handingOut.has(organizationId)) return void this.again.add(organizationId);
    const work = this.handOut(organizationId)
      .catch((error: unknown) => this.log.error({ event: 'alerting.dispatch_failed', error }))
      .finally(() => {
        this.handingOut.delete(organizationId);
        if (this.again.delete(organizationId)) this.send(organizationId);
      });
    this.handingOut.set(organizationId, work);
  }

  /** For a transaction that tells people: what it holds at the commit is to be given to `sendTaken`. */
  hand(organizationId: OrganizationId): Hand {
    const free = this.lanes.free(organizationId);
    // Gateways are told at once: what is next by then does not wait for long.
    const isNext = this.lanes.groups(organizationId, 'socket') === 1;
    return new Hand(isNext ? [...free, 'socket'] : free, AT_ONCE);
  }

  sendTaken(organizationId: OrganizationId, taken: readonly Claimed[]): void {
    for (const [path, group] of Map.groupBy(taken, ({ path }) => path)) this.open(organizationId, path, group);
  }

  async idle(): Promise<void> {
    const running = () => [...this.handingOut.values(), ...this.lanes.running()];
    while (running().length > 0) await Promise.allSettled(running());
  }

  /** Gives each way that is free what waits for it, until nothing waits that could be given. */
  private async handOut(organizationId: OrganizationId): Promise<void> {
    for (;;) {
      const claimed = await this.claim(organizationId);
      this.sendTaken(organizationId, claimed);
      if (claimed.length < AT_ONCE) return;
    }
  }

  private claim(organizationId: OrganizationId): Promise<Claimed[]> {
    const free = this.lanes.free(organizationId);
    if (free.length < alarmPath.options.length) this.wanted.add(organizationId);
    return this.db.within(organizationId, async (tx) => {
      const claimed = await claim(tx, organizationId, { paths: free, limit: AT_ONCE });
      // Set before anything is sent: if this replica ends here, another looks again.
      const waiting = await nextWaiting(tx, organizationId);
      if (waiting !== null) {
        const send = { subject_id: organizationId, kind: 'send' };
        await setTimer(tx, organizationId, send, Math.max(LOOK_AGAIN_SECONDS, waiting));
      }
      return claimed;
    });
  }

  private open(organizationId: OrganizationId, path: AlarmPath, group: readonly Claimed[]): void {
    const send = () =>
      this.work(organizationId, path, group).catch((error: unknown) =>
        this.log.error({ event: 'alerting.dispatch_failed', kind: path, error }),
      );
    void this.lanes.open(organizationId, path, send).then(() => {
      if (this.wanted.delete(organizationId)) this.send(organizationId);
    });
  }

  private async work(organizationId: OrganizationId, path: AlarmPath, group: readonly Claimed[]): Promise<void> {
    const outcomes = await this.outcomesOf(organizationId, path, group);
    const finished = group.map((claimed, at) => ({ claimed, outcome: outcomes[at] as Outcome }));
    const stuck = finished.filter(({ outcome }) => isStuck(outcome)).map(({ claimed }) => claimed);
    // In a transaction of its own: what it holds until the end, others may wait for.
    const isWritten =
      areSent(finished) && (await this.db.within(organizationId, (tx) => finishSent(tx, organizationId, finished)));
    if (!isWritten)
      await this.db.within(organizationId, async (tx) => {
        await finish(tx, organizationId, finished);
        // Nobody waits for the silence of what never left.
        if (stuck.length > 0) await wakeLadders(tx, organizationId, stuck.map(roundOf));
      });
    if (stuck.length > 0) this.onDue();
    if (outcomes.some(({ state }) => state === 'queued')) this.wanted.add(organizationId);
    for (const { outcome } of finished) notificationEnded(path, outcome.state);
    await this.noteDispatched(organizationId, group);
  }

  /** The first people of an alarm have all been told when nothing of its first round is waiting any more. */
  private async noteDispatched(organizationId: OrganizationId, claimed: readonly Claimed[]): Promise<void> {
    const begun = new Set(claimed.flatMap(({ alarmId, step, cycle }) => (step + cycle === 0 ? [alarmId] : [])));
    if (begun.size === 0) return;
    const dispatched = await this.db.within(organizationId, (tx) => markDispatched(tx, organizationId, [...begun]));
    for (const { severity, is_silent, after_seconds } of dispatched)
      if (!is_silent) alarmDispatched(severity, after_seconds);
  }

  private async outcomesOf(organizationId: OrganizationId, path: AlarmPath, group: readonly Claimed[]) {
    const way = this.paths[path];
    if (!way) return group.map((): Outcome => ({ state: 'failed', problem: 'not_configured' }));
    return way.send(organizationId, group).catch((error: unknown) => {
      this.log.error({ event: 'alerting.path_failed', kind: path, error });
      return group.map((): Outcome => ({ state: 'queued', problem: 'internal', retrySeconds: 5 }));
    });
  }
}

const roundOf = ({ alarmId, step, cycle }: Claimed) => ({ alarmId, step, cycle });
