import { withOrganization } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { Log } from '@relais/observability';
import type { DataSource } from 'typeorm';
import { clearOver } from '../keeping/keeping-rows.postgres.js';
import { CLEARED } from '../keeping/kept.postgres.js';
import type { SpentKeys } from '../keeping/spent-keys.js';
import { contentsExpired, overdueSeen } from '../metrics.js';
import { oldestOverdueSeconds } from './overdue.postgres.js';

const BATCH = 500;
/** Between two looks at what is overdue: ms. */
const LOOK_MS = 60_000;

/**
 * Clears content whose time is over, by its own end or by how long its organization keeps it, and then the keys that sealed
 * nothing else. Readers never see such content anyway; this takes it off the disk. Any number of replicas may run it: they
 * skip what another one has at hand.
 */
export class ExpiryJob {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isStopped = false;
  private nextLookAtMs = 0;

  constructor(
    private readonly db: DataSource,
    private readonly spentKeys: SpentKeys,
    private readonly intervalMs: number,
    private readonly log: Log,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.running ??= this.runOnce()
        .catch((error: unknown) => this.log.warn({ event: 'expiry.failed', error }))
        .finally(() => (this.running = undefined));
    }, this.intervalMs);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  /**
   * One round over all organizations, and once a minute a look at what is overdue all the same. What fails in one organization holds
   * up no other, and is tried again in the next round.
   *
   * @throws Error with the first failure as its cause, when the round is over
   */
  async runOnce(): Promise<void> {
    const organizations: { id: OrganizationId }[] = await this.db.query('SELECT o.id FROM organization_seen o');
    const failures: unknown[] = [];
    for (const { id } of organizations) await this.clear(id).catch((error: unknown) => failures.push(error));
    await this.look(organizations).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new Error(`${failures.length} parts of a round failed`, { cause: failures[0] });
  }

  /** Also at what another replica has at hand, or could not clear. */
  private async look(organizations: readonly { id: OrganizationId }[]): Promise<void> {
    if (performance.now() < this.nextLookAtMs) return;
    let oldest = 0;
    for (const { id } of organizations) {
      if (this.isStopped) return;
      oldest = Math.max(oldest, await withOrganization(this.db, id, (tx) => oldestOverdueSeconds(tx, id)));
    }
    overdueSeen(oldest);
    this.nextLookAtMs = performance.now() + LOOK_MS;
  }

  private async clear(organizationId: OrganizationId): Promise<void> {
    await this.repeat(() => this.clearExpired(organizationId));
    await this.repeat(() => this.clearOver(organizationId));
    if (!this.isStopped) await this.spentKeys.destroy(organizationId);
  }

  /** As long as a batch is full. */
  private async repeat(clear: () => Promise<number>): Promise<void> {
    let found = BATCH;
    while (found === BATCH && !this.isStopped) found = await clear();
  }

  private clearOver(organizationId: OrganizationId): Promise<number> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const { found, cleared } = await clearOver(tx, organizationId, BATCH);
      if (cleared > 0) contentsExpired('organization', cleared);
      return found;
    });
  }

  private clearExpired(organizationId: OrganizationId): Promise<number> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const rows: unknown[] = await tx.query(
        `WITH over AS (
           SELECT e.conversation_id, e.seq FROM entry e
           WHERE e.organization_id = $1 AND e.expires_at <= now() AND e.cleared_at IS NULL
           ORDER BY e.expires_at LIMIT $2 FOR UPDATE SKIP LOCKED),
         ${CLEARED}
         SELECT 1 FROM cleared`,
        [organizationId, BATCH],
      );
      if (rows.length > 0) contentsExpired('expired', rows.length);
      return rows.length;
    });
  }
}
