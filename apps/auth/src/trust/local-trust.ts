import type { Bus } from '@relais/bus';
import { revoked } from '@relais/contracts';
import type { Log } from '@relais/observability';
import type { TrustStore } from '@relais/security';
import type { Revocations } from './revocations.postgres.js';
import type { SigningKeys } from './signing-keys.postgres.js';

const RETRY_MS = 500;

/**
 * Keeps this replica's own trust up to date: from the database it owns, where other services ask auth over the bus.
 * Rotating the signing keys happens here, too, because it is the same look at the same rows.
 */
export class LocalTrust {
  private timer: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private release: (() => void) | undefined;
  private refreshing: Promise<void> | undefined;

  constructor(
    private readonly keys: SigningKeys,
    private readonly revocations: Revocations,
    private readonly bus: Bus,
    private readonly trust: TrustStore,
    private readonly options: { pollMs: number; log: Log },
  ) {}

  /** Resolves after the first try; without keys it is tried again soon, and until then the replica is not ready. */
  async start(): Promise<void> {
    this.release = this.bus.hear(revoked, (signal) => this.trust.applyRevocations(signal.revocations));
    this.timer = setInterval(() => void this.poll(), this.options.pollMs);
    await this.poll();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.release?.();
    await this.refreshing;
  }

  /** @throws AppError `database_unavailable` */
  async refresh(): Promise<void> {
    await this.keys.refresh();
    this.trust.applyKeys(this.keys.published());
    this.trust.applyRevocations(await this.revocations.list());
  }

  /** Looks now; a failure leaves what is known in force. */
  poll(): Promise<void> {
    return (this.refreshing ??= this.refresh()
      .catch((error: unknown) => {
        this.options.log.warn({ event: 'trust.refresh_failed', error });
        if (!this.trust.hasKeys()) this.retry = setTimeout(() => void this.poll(), RETRY_MS);
      })
      .finally(() => (this.refreshing = undefined)));
  }
}
