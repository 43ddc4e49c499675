import type { Clock, OrganizationId } from '@relais/kernel';
import type { Database } from '../database/database.js';
import type { EventLog } from '../event-log.js';
import { allOrganizations } from '../organizations/organization-rows.postgres.js';
import { takeDue } from './directory-rows.postgres.js';
import type { DirectoryRuns } from './directory-runs.js';
import { changeRun, unfinishedRuns } from './run-rows.postgres.js';

/** Starts runs whose time has come, and goes on with those that a replica left in the middle. */
export class DirectorySchedule {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly db: Database,
    private readonly runs: DirectoryRuns,
    private readonly clock: Clock,
    private readonly options: { intervalMs: number; events: EventLog },
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.tick(), this.options.intervalMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await this.runs.stop();
  }

  async look(): Promise<void> {
    for (const organizationId of await allOrganizations(this.db)) {
      await this.resume(organizationId);
      await this.startDue(organizationId);
    }
  }

  /** A plan is made anew from the beginning; an application goes on. */
  private async resume(organizationId: OrganizationId): Promise<void> {
    const left = await this.db.within(organizationId, (tx) => unfinishedRuns(tx, organizationId));
    for (const { id: runId, directory_id: directoryId, state } of left) {
      const request = { organizationId, directoryId, runId };
      const isTaken = await this.db.within(organizationId, async (tx) => {
        if (!(await this.runs.take(tx, request))) return false;
        if (state === 'reading')
          await changeRun(tx, organizationId, runId, ['reading'], { state: 'discarded', finishedAt: this.clock.now() });
        return true;
      });
      if (isTaken && state === 'applying') this.runs.start(request, 'apply');
    }
  }

  private async startDue(organizationId: OrganizationId): Promise<void> {
    const requests = await this.db.within(organizationId, async (tx) => {
      const due = await takeDue(tx, organizationId, this.clock.now());
      const begun = [];
      for (const { id: directoryId } of due)
        begun.push(await this.runs.begin(tx, organizationId, { directoryId, isDry: false, startedBy: null }));
      return begun;
    });
    for (const request of requests) if (request) this.runs.start(request, 'plan');
  }

  private tick(): Promise<void> {
    return (this.looking ??= this.look()
      .catch((error: unknown) => this.options.events.failed('auth.directory_schedule_failed', error))
      .finally(() => (this.looking = undefined)));
  }
}
