import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  approveDirectoryRun,
  type DirectoryRun,
  listDirectoryRuns,
  readDirectoryRun,
  startDirectoryRun,
} from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorWith, assertReaches } from '../permissions/actor.postgres.js';
import { findDirectory } from './directory-rows.postgres.js';
import { DirectoryRuns } from './directory-runs.js';
import { DirectorySecrets } from './directory-settings.js';
import type { DirectoryRecord } from './read-directory.js';
import { changeRun, findRun, listRunRows, raisingChanges, type RunRow, toRun } from './run-rows.postgres.js';

/** So many are named in what a run says; all of them are among its changes. */
const MAX_NAMED = 10;

/** Runs of directories in the hands of administrators: begin, look at, let go on. */
@Injectable()
export class RunDirectoryHandler {
  constructor(
    private readonly db: Database,
    private readonly runs: DirectoryRuns,
    private readonly secrets: DirectorySecrets,
    private readonly freshness: Freshness,
  ) {}

  @Serves(startDirectoryRun)
  async begin(
    { directoryId, dryRun }: z.output<typeof startDirectoryRun.input>,
    { principal }: RequestContext,
  ): Promise<DirectoryRun> {
    const { organizationId, userId } = principal;
    const request = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_directories');
      if (!(await findDirectory(tx, organizationId, directoryId))) throw startDirectoryRun.fail('directory_not_found');
      const begun = await this.runs.begin(tx, organizationId, { directoryId, isDry: dryRun, startedBy: userId });
      if (!begun) throw startDirectoryRun.fail('directory_busy');
      await this.record(tx, principal, 'directory-run.started', begun.runId);
      return begun;
    });
    this.runs.start(request, 'plan');
    return this.read({ runId: request.runId }, { principal } as RequestContext);
  }

  @Serves(readDirectoryRun)
  async read({ runId }: { runId: string }, { principal }: RequestContext): Promise<DirectoryRun> {
    const { organizationId } = principal;
    const run = await this.db.within(organizationId, (tx) => this.find(tx, principal, runId));
    return this.describe(organizationId, run);
  }

  @Serves(listDirectoryRuns)
  async list(
    { directoryId }: { directoryId: string },
    { principal }: RequestContext,
  ): Promise<{ items: DirectoryRun[] }> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_directories');
      return listRunRows(tx, organizationId, directoryId);
    });
    return { items: await Promise.all(found.map((run) => this.describe(organizationId, run))) };
  }

  @Serves(approveDirectoryRun)
  async approve({ runId }: { runId: string }, { principal }: RequestContext): Promise<DirectoryRun> {
    const { organizationId } = principal;
    const request = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_directories');
      await this.freshness.assertFresh(tx, principal);
      const run = await this.find(tx, principal, runId);
      // Whoever lets it give roles gives them: what it takes to map them, it takes here.
      if (run.raises > 0) assertReaches(await actorWith(tx, principal, 'manage_roles'), 'admin');
      const taken = { organizationId, directoryId: run.directory_id, runId };
      if (!(await this.runs.take(tx, taken))) throw approveDirectoryRun.fail('directory_busy');
      if (!(await changeRun(tx, organizationId, runId, ['planned', 'stopped'], { state: 'applying' })))
        throw approveDirectoryRun.fail('run_state_conflict', `it is ${run.state}`);
      await this.record(tx, principal, 'directory-run.approved', runId);
      return taken;
    });
    this.runs.start(request, 'apply');
    return this.read({ runId }, { principal } as RequestContext);
  }

  private async find(tx: Tx, principal: Principal, runId: string): Promise<RunRow> {
    await actorWith(tx, principal, 'manage_directories');
    const run = await findRun(tx, principal.organizationId, runId);
    if (!run) throw readDirectoryRun.fail('run_not_found');
    return run;
  }

  private async describe(organizationId: OrganizationId, run: RunRow): Promise<DirectoryRun> {
    const [says] = run.problem_sealed ? await this.secrets.openAll(organizationId, run.id, [run.problem_sealed]) : [];
    return {
      ...{ ...toRun(run), directoryId: run.directory_id as never },
      ...(says ? { says: says + (await this.namesOfRaised(organizationId, run)) } : {}),
    };
  }

  /** Read from the plan, so that whoever is removed is forgotten here as well. */
  private async namesOfRaised(organizationId: OrganizationId, { id, state, raises }: RunRow): Promise<string> {
    if (state !== 'stopped' || raises === 0) return '';
    const found = await this.db.within(organizationId, (tx) => raisingChanges(tx, organizationId, id, MAX_NAMED));
    const sealed = found.map((change) => change.record_sealed);
    const records = (await this.secrets.openAll(organizationId, id, sealed)).map(
      (text) => JSON.parse(text) as DirectoryRecord,
    );
    const names = records.map(({ displayName, email }) => `${displayName} (${email})`);
    const more = raises > names.length ? [`and ${raises - names.length} more`] : [];
    return `; more than members would be: ${[...names, ...more].join(', ')}`;
  }

  private record(
    tx: Tx,
    principal: Principal,
    action: 'directory-run.started' | 'directory-run.approved',
    id: string,
  ): Promise<void> {
    const object = { kind: 'directory-run', id };
    return recordFact(tx, principal.organizationId, { actor: actorSubject(principal), action, object });
  }
}
