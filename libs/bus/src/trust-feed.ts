import {
  type DatedRevocation,
  listRevocations,
  type PublicJwk,
  readKeys,
  revoked,
  revokedDated,
  toldRevocations,
} from '@relais/contracts';
import type { Log, ReferenceClock } from '@relais/observability';
import type { Bus } from './bus.js';
import type { BusConnection } from './connect.js';

const POLL_MS = 15_000;
/** Between tries while no key is known and nothing works. */
const RETRY_MS = 500;

/** What is fed: the `TrustStore` of libs/security. */
export interface TrustSink {
  applyKeys(keys: readonly PublicJwk[]): void;
  applyRevocations(revocations: readonly DatedRevocation[]): void;
  hasKeys(): boolean;
}

/**
 * Keeps a trust store up to date with auth: signed keys and revocations at start, every 15 s and after each reconnect;
 * revocations also the moment they are signalled.
 */
export class TrustFeed {
  private timer: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private isStopped = false;
  private release: Array<() => void> = [];

  constructor(
    private readonly bus: Bus,
    private readonly connection: Pick<BusConnection, 'onReconnect'>,
    private readonly trust: TrustSink,
    private readonly log: Log,
    /** Told the time of the database by who has none. */
    private readonly clock?: Pick<ReferenceClock, 'note'>,
  ) {}

  /** Resolves after the first try. Until keys are known no token can be verified, and the replica is not ready. */
  async start(): Promise<void> {
    this.release = [
      this.bus.hear(revokedDated, (signal) => this.trust.applyRevocations(toldRevocations(signal))),
      this.bus.hear(revoked, ({ revocations }) => this.trust.applyRevocations(revocations)),
      this.connection.onReconnect(() => void this.refresh()),
    ];
    this.timer = setInterval(() => void this.refresh(), POLL_MS);
    await this.refresh();
  }

  stop(): void {
    this.isStopped = true;
    clearInterval(this.timer);
    clearTimeout(this.retry);
    for (const release of this.release) release();
  }

  private async readKeys(): Promise<readonly PublicJwk[]> {
    const askedMs = performance.now();
    const { keys, now } = await this.bus.request(readKeys, {});
    if (now) this.clock?.note(Date.parse(now), askedMs);
    return keys;
  }

  /** Asks auth now. A failure leaves what is known in force: tokens run out within minutes by themselves. */
  async refresh(): Promise<void> {
    try {
      const [keys, revocations] = await Promise.all([this.readKeys(), this.allRevocations()]);
      this.trust.applyKeys(keys);
      this.trust.applyRevocations(revocations);
    } catch (error) {
      this.log.warn({ event: 'trust.refresh_failed', error });
      if (this.isStopped || this.trust.hasKeys()) return;
      clearTimeout(this.retry);
      this.retry = setTimeout(() => void this.refresh(), RETRY_MS).unref();
    }
  }

  private async allRevocations(): Promise<DatedRevocation[]> {
    const all: DatedRevocation[] = [];
    let after: number | undefined;
    do {
      const page = await this.bus.request(listRevocations, after === undefined ? {} : { after });
      all.push(...toldRevocations(page));
      after = page.next;
    } while (after !== undefined);
    return all;
  }
}
