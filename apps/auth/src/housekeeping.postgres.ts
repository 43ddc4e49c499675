import { LIMITS } from '@relais/contracts';
import type { KeyRotation } from '@relais/crypto';
import type { Clock, OrganizationId } from '@relais/kernel';
import type { Log } from '@relais/observability';
import { deleteOldAttempts } from './admission/login-attempts.postgres.js';
import { deleteOldBreakGlass } from './break-glass/break-glass-rows.postgres.js';
import { deleteOldOutageKeys } from './break-glass/outage-key-rows.postgres.js';
import { forgetAssertions } from './bots/bot-key-rows.postgres.js';
import type { Database } from './database/database.js';
import { rows } from './database/sql.js';
import { deleteOldRuns } from './directory/run-rows.postgres.js';
import { deleteOldEnrolments } from './enrolments/enrolment-rows.postgres.js';
import { deleteOldNotices } from './notices/notice-rows.postgres.js';
import { allOrganizations } from './organizations/organization-rows.postgres.js';
import { THROTTLE_MEMORY_MS } from './passwords/login-throttle.postgres.js';
import { deleteOldReceipts, RECEIPT_SECONDS } from './posture/posture-rows.postgres.js';
import { deleteOldFactorResets } from './resets/factor-reset-rows.postgres.js';
import { deleteOldPasswordResets } from './resets/password-reset-rows.postgres.js';
import type { Revocations } from './trust/revocations.postgres.js';
import type { SigningKeys } from './trust/signing-keys.postgres.js';
import type { NameIndexing } from './users/name-indexing.js';
import { reportOverdueWipes } from './wipe/overdue-wipes.postgres.js';

const REWRAP_BATCH = 200;
/** Longer than a run can be taken back. */
const RUN_SECONDS = 30 * 86_400;

/**
 * Removes what has run out: sessions, invitations, counted tries, revocations; and moves keys to the active key encryption
 * key after its rotation, and names into their index. Nothing depends on it having run, because
 * everything is checked against the clock when it is used. Any replica may do it, at the same time, too.
 */
export class Housekeeping {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;
  private readonly stopped = new AbortController();

  constructor(
    private readonly db: Database,
    private readonly revocations: Revocations,
    private readonly keys: SigningKeys,
    private readonly rotation: KeyRotation,
    private readonly names: NameIndexing,
    private readonly clock: Clock,
    private readonly options: { intervalMs: number; log: Log },
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.tick(), this.options.intervalMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopped.abort();
    await this.working;
  }

  async run(): Promise<void> {
    await this.revocations.tidy();
    await this.keys.reseal();
    if ((await this.rotation.countOutdated()) > 0) await this.rotation.rewrapAll({ batchSize: REWRAP_BATCH });
    const tries = new Date(this.clock.now().getTime() - THROTTLE_MEMORY_MS);
    await this.db.outside((tx) => rows(tx, 'DELETE FROM login_throttle t WHERE t.last_tried_at < $1', [tries]));
    for (const organizationId of await allOrganizations(this.db)) await this.tidy(organizationId);
    for (const organizationId of await allOrganizations(this.db))
      await this.names.run(organizationId, this.stopped.signal);
  }

  private async tidy(organizationId: OrganizationId): Promise<void> {
    const now = this.clock.now().getTime();
    const ago = (seconds: number) => new Date(now - seconds * 1_000);
    await this.db.within(organizationId, async (tx) => {
      await rows(
        tx,
        `DELETE FROM session s WHERE s.organization_id = $1
           AND (s.last_used_at < $2 OR s.created_at < $3 OR s.ends_at < $4)`,
        [organizationId, ago(LIMITS.sessionIdleSeconds), ago(LIMITS.sessionAbsoluteSeconds), ago(0)],
      );
      await forgetAssertions(tx, organizationId, ago(0));
      await deleteOldBreakGlass(tx, organizationId, ago(0));
      await deleteOldOutageKeys(tx, organizationId, ago(0));
      await deleteOldAttempts(tx, organizationId, ago(0));
      await deleteOldNotices(tx, organizationId, ago(0));
      await deleteOldPasswordResets(tx, organizationId, ago(0));
      await deleteOldFactorResets(tx, organizationId, ago(0));
      await deleteOldEnrolments(tx, organizationId, ago(0));
      await deleteOldReceipts(tx, organizationId, ago(RECEIPT_SECONDS));
      await deleteOldRuns(tx, organizationId, ago(RUN_SECONDS));
      await reportOverdueWipes(tx, organizationId, ago(0));
      await rows(tx, 'DELETE FROM invitation i WHERE i.organization_id = $1 AND i.expires_at < $2', [
        organizationId,
        ago(0),
      ]);
    });
  }

  private tick(): Promise<void> {
    return (this.working ??= this.run()
      .catch((error: unknown) => this.options.log.warn({ event: 'housekeeping.failed', error }))
      .finally(() => (this.working = undefined)));
  }
}
