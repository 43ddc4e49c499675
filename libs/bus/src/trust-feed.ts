import { listRevocations, type PublicJwk, readKeys, type Revocation, revoked } from '@relais/contracts';
import type { Log } from '@relais/observability';
import type { Bus } from './bus.js';
import type { BusConnection } from './connect.js';

const POLL_MS = 15_000;
/** Between tries while no key is known and nothing works. */
const RETRY_MS = 500;

/** What is fed: the `TrustStore` of libs/security. */
export interface TrustSink {
  applyKeys(keys: readonly PublicJwk[]): void;
  applyRevocations(revocations: readonly Revocation[]): void;
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
  ) {}

  /** Resolves after the first try. Until keys are known no token can be verified, and the replica is not ready. */
  async start(): Promise<void> {
    this.release = [
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

  /** Asks auth now. A failure leaves what is known in force: tokens run out within minutes by themselves. */
  async refresh(): Promise<void> {
    try {
      const [{ keys }, { revocations }] = await Promise.all([
        this.bus.request(readKeys, {}),
        this.bus.request(listRevocations, {}),
      ]);
      this.trust.applyKeys(keys);
      this.trust.applyRevocations(revocations);
    } catch (error) {
      this.log.warn({ event: 'trust.refresh_failed', error });
      if (this.isStopped || this.trust.hasKeys()) return;
      clearTimeout(this.retry);
      this.retry = setTimeout(() => void this.refresh(), RETRY_MS).unref();
    }
  }
}
