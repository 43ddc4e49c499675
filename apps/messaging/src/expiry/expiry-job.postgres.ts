import { withOrganization } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { Log } from '@relais/observability';
import type { DataSource } from 'typeorm';
import { contentsExpired } from '../metrics.js';

const BATCH = 500;

/**
 * Clears content whose time is over. Readers never see expired content anyway; this takes it off the disk. Any number of
 * replicas may run it: they skip what another one has at hand.
 */
export class ExpiryJob {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isStopped = false;

  constructor(
    private readonly db: DataSource,
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

  /** One round over all organizations. */
  async runOnce(): Promise<void> {
    const organizations: { id: OrganizationId }[] = await this.db.query('SELECT o.id FROM organization_seen o');
    for (const { id } of organizations) {
      let cleared = BATCH;
      while (cleared === BATCH && !this.isStopped) {
        cleared = await this.clear(id);
        if (cleared > 0) contentsExpired(cleared);
      }
    }
  }

  private clear(organizationId: OrganizationId): Promise<number> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const rows: unknown[] = await tx.query(
        `WITH due AS (
           SELECT e.conversation_id, e.seq FROM entry e
           WHERE e.organization_id = $1 AND e.expires_at <= now() AND e.cleared_at IS NULL
           ORDER BY e.expires_at LIMIT $2 FOR UPDATE SKIP LOCKED),
         cleared AS (
           UPDATE entry e SET body = NULL, cleared_at = now() FROM due d
           WHERE e.organization_id = $1 AND e.conversation_id = d.conversation_id AND e.seq = d.seq
           RETURNING e.conversation_id, e.seq),
         forgotten AS (
           DELETE FROM mention m USING cleared c
           WHERE m.organization_id = $1 AND m.conversation_id = c.conversation_id AND m.seq = c.seq)
         SELECT 1 FROM cleared`,
        [organizationId, BATCH],
      );
      return rows.length;
    });
  }
}
