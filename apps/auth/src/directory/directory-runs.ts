import { Injectable } from '@nestjs/common';
import type { DirectoryRun, DirectorySettings } from '@relais/contracts';
import { AppError, Clock, newId, type OrganizationId } from '@relais/kernel';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { recordFact, systemSubject } from '../facts/record-fact.js';
import { directoryRan } from '../metrics.js';
import { Applier } from './applier.js';
import type { DirectoryMark } from './directory-mark.js';
import { type DirectoryRow, findDirectory, lease, release, setNextRun, writeMark } from './directory-rows.postgres.js';
import { DirectorySecrets, runAfter } from './directory-settings.js';
import { DirectoryProblem, wordsOf } from './ldap-client.js';
import { objection } from './plan.js';
import { Planner } from './planner.js';
import { changeRun, findRun, insertRun, type RunRow } from './run-rows.postgres.js';

export interface RunRequest {
  organizationId: OrganizationId;
  directoryId: string;
  runId: string;
}

/**
 * One run after the other for each directory, on whichever replica holds its lease. Plan, check, apply: what is done was
 * written down before, and a replica that takes over goes on where the last one was.
 */
@Injectable()
export class DirectoryRuns {
  /** Two replicas never have the same. */
  private readonly owner = newId();
  private readonly working = new Map<string, Promise<void>>();
  private isStopping = false;

  constructor(
    private readonly db: Database,
    private readonly secrets: DirectorySecrets,
    private readonly planner: Planner,
    private readonly applier: Applier,
    private readonly clock: Clock,
    private readonly events: EventLog,
  ) {}

  /** Takes the directory and writes a run; null while another replica has it, or there is no such directory. */
  async begin(
    tx: Tx,
    organizationId: OrganizationId,
    {
      directoryId,
      isDry,
      startedBy,
    }: { directoryId: string; isDry: boolean; startedBy: Parameters<typeof insertRun>[2]['startedBy'] },
  ): Promise<RunRequest | null> {
    if (this.working.has(directoryId) || !(await lease(tx, organizationId, directoryId, this.owner))) return null;
    const runId = newId();
    await insertRun(tx, organizationId, { id: runId, directoryId, isDry, startedBy, now: this.clock.now() });
    return { organizationId, directoryId, runId };
  }

  /** Takes the directory for a run that is there already. */
  async take(tx: Tx, { organizationId, directoryId }: RunRequest): Promise<boolean> {
    return !this.working.has(directoryId) && (await lease(tx, organizationId, directoryId, this.owner));
  }

  /** Goes on with a run whose directory was taken; its end is found in the run. */
  start(request: RunRequest, from: 'plan' | 'apply'): void {
    const { directoryId } = request;
    const work = this.run(request, from).finally(() => this.working.delete(directoryId));
    this.working.set(directoryId, work);
  }

  /** Ends runs between two batches; another replica, or this one later, goes on with them. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.allSettled(this.working.values());
  }

  /** Resolves when no run is under way here. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.working.values());
  }

  private async run(request: RunRequest, from: 'plan' | 'apply'): Promise<void> {
    const { organizationId, directoryId } = request;
    try {
      const directory = await this.db.within(organizationId, (tx) => findDirectory(tx, organizationId, directoryId));
      if (!directory) return;
      const settings = await this.secrets.openSettings(organizationId, directory);
      try {
        await this.runAs(request, directory, settings, from);
      } finally {
        await this.schedule(request, settings);
      }
    } catch (error) {
      await this.failed(request, error).catch((failure: unknown) =>
        this.events.failed('auth.directory_run_failed', failure),
      );
    } finally {
      await this.db
        .within(organizationId, (tx) => release(tx, organizationId, directoryId, this.owner))
        .catch((error: unknown) => this.events.failed('auth.directory_release_failed', error));
    }
  }

  private async runAs(
    request: RunRequest,
    directory: DirectoryRow,
    settings: DirectorySettings,
    from: 'plan' | 'apply',
  ): Promise<void> {
    const isSaidByBot = directory.is_said_by_bot;
    if (from === 'plan' && !settings.enabled) throw new DirectoryProblem('the directory is switched off');
    const planned = from === 'plan' ? await this.plan(request, directory, settings) : undefined;
    if (planned?.mayApply !== false) await this.apply({ ...request, settings, isSaidByBot }, planned?.mark ?? null);
  }

  /** Whoever begins a run by hand wants everybody looked at; a schedule does not need that each time. */
  private async markFor({ organizationId, runId }: RunRequest, { mark }: DirectoryRow): Promise<DirectoryMark | null> {
    const run = await this.db.within(organizationId, (tx) => findRun(tx, organizationId, runId));
    return run?.started_by === null ? mark : null;
  }

  private async plan(
    request: RunRequest,
    directory: DirectoryRow,
    settings: DirectorySettings,
  ): Promise<{ mayApply: boolean; mark: DirectoryMark | null }> {
    const { organizationId, runId } = request;
    const planned = await this.planner.plan({
      organizationId,
      directoryId: directory.id,
      runId,
      settings,
      mark: await this.markFor(request, directory),
      goOn: () => this.goOn(request),
    });
    const stops = objection(planned, settings, directory.is_said_by_bot);
    return this.db.within(organizationId, async (tx) => {
      const run = await findRun(tx, organizationId, runId);
      const state = stops !== null ? 'stopped' : run?.is_dry ? 'planned' : 'applying';
      const says = stops === null ? null : await this.secrets.seal(organizationId, runId, stops);
      await changeRun(tx, organizationId, runId, ['reading'], {
        ...{ state, seen: planned.seen, isWhole: planned.isWhole, problemSealed: says },
        finishedAt: state === 'applying' ? null : this.clock.now(),
      });
      if (state !== 'applying') await this.ended(tx, request, state);
      return { mayApply: state === 'applying', mark: planned.mark };
    });
  }

  private async apply(
    request: RunRequest & { settings: DirectorySettings; isSaidByBot: boolean },
    mark: DirectoryMark | null,
  ): Promise<void> {
    const { organizationId, directoryId, runId } = request;
    await this.applier.apply({ ...request, goOn: () => this.goOn(request) });
    await this.db.within(organizationId, async (tx) => {
      const finishedAt = this.clock.now();
      await changeRun(tx, organizationId, runId, ['applying'], { state: 'applied', finishedAt });
      await this.ended(tx, request, 'applied');
      const run = await findRun(tx, organizationId, runId);
      // What could not be done is found again from the mark before.
      if (run?.skipped === 0) await writeMark(tx, organizationId, directoryId, mark);
    });
  }

  private async ended(
    tx: Tx,
    { organizationId, directoryId, runId }: RunRequest,
    state: DirectoryRun['state'],
  ): Promise<void> {
    const run: RunRow | null = await findRun(tx, organizationId, runId);
    directoryRan(state);
    await recordFact(tx, organizationId, {
      actor: systemSubject('directory', directoryId),
      action: 'directory-run.ended',
      object: { kind: 'directory-run', id: runId },
      after: { state, seen: run?.seen ?? 0, applied: run?.applied ?? 0, problems: run?.problems ?? 0 },
    });
  }

  private async failed(request: RunRequest, error: unknown): Promise<void> {
    // Stopped on purpose, or the lease is somebody else's: the run is gone on with, not failed.
    if (error instanceof AppError && error.code === 'run_interrupted') return;
    const { organizationId, runId } = request;
    const says = error instanceof DirectoryProblem ? error.message : wordsOf(error);
    const problemSealed = await this.secrets.seal(organizationId, runId, says);
    await this.db.within(organizationId, async (tx) => {
      const change = { state: 'failed' as const, problemSealed, finishedAt: this.clock.now() };
      if (await changeRun(tx, organizationId, runId, ['reading'], change)) await this.ended(tx, request, 'failed');
    });
    this.events.failed('auth.directory_run_failed', error);
  }

  /** Keeps the lease; ends the run here when it is another replica's, or this one is stopping. */
  private async goOn({ organizationId, directoryId }: RunRequest): Promise<void> {
    const isMine = await this.db.within(organizationId, (tx) => lease(tx, organizationId, directoryId, this.owner));
    if (this.isStopping || !isMine) throw new AppError('unavailable', 'run_interrupted');
  }

  private async schedule({ organizationId, directoryId }: RunRequest, settings: DirectorySettings): Promise<void> {
    const at = runAfter(settings, this.clock.now());
    if (at) await this.db.within(organizationId, (tx) => setNextRun(tx, organizationId, directoryId, at));
  }
}
