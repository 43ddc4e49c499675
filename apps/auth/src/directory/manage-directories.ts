import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { deleteDirectory, type DirectorySettings, listDirectories, putDirectory } from '@relais/contracts';
import { Clock, type OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorWith, assertReaches } from '../permissions/actor.postgres.js';
import { arePools } from '../pools/pool-rows.postgres.js';
import {
  type DirectoryRow,
  findDirectory,
  listDirectoryRows,
  removeDirectory,
  writeDirectory,
} from './directory-rows.postgres.js';
import { DirectorySecrets } from './directory-settings.js';
import { isUnsafe } from './ldap-client.js';

type Command = z.output<typeof putDirectory.input>;
type Answer = z.input<typeof putDirectory.output>;

/** Which directories an organization reads, and how. */
@Injectable()
export class ManageDirectoriesHandler {
  constructor(
    private readonly db: Database,
    private readonly secrets: DirectorySecrets,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  @Serves(putDirectory)
  async put({ directoryId, settings }: Command, { principal }: RequestContext): Promise<Answer> {
    const { organizationId } = principal;
    if (isUnsafe(settings)) throw putDirectory.fail('directory_unsafe', 'use ldaps:// or startTls');
    const before = await this.db.within(organizationId, async (tx) => {
      await this.assertMay(tx, principal, settings);
      return findDirectory(tx, organizationId, directoryId);
    });
    const kept = before ? (await this.secrets.openSettings(organizationId, before)).bindPassword : undefined;
    const bindPassword = settings.bindPassword ?? kept;
    const complete: DirectorySettings = { ...settings, ...(bindPassword === undefined ? {} : { bindPassword }) };
    const settingsSealed = await this.secrets.sealSettings(organizationId, directoryId, complete);
    const written = await this.db.within(organizationId, async (tx) => {
      await this.assertMay(tx, principal, settings);
      const now = this.clock.now();
      const nextRunAt = settings.everyMinutes ? new Date(now.getTime() + settings.everyMinutes * 60_000) : null;
      await writeDirectory(tx, organizationId, { id: directoryId, settingsSealed, nextRunAt, now });
      await this.record(tx, principal, directoryId, 'directory.put');
      return findDirectory(tx, organizationId, directoryId);
    });
    return this.describe(organizationId, written as DirectoryRow);
  }

  @Serves(listDirectories)
  async list(_: unknown, { principal }: RequestContext): Promise<{ items: Answer[] }> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_directories');
      return listDirectoryRows(tx, organizationId);
    });
    return { items: await Promise.all(found.map((directory) => this.describe(organizationId, directory))) };
  }

  @Serves(deleteDirectory)
  delete({ directoryId }: { directoryId: string }, { principal }: RequestContext): Promise<Record<never, never>> {
    return this.db.within(principal.organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_directories');
      await this.freshness.assertFresh(tx, principal);
      if (!(await removeDirectory(tx, principal.organizationId, directoryId)))
        throw deleteDirectory.fail('directory_not_found');
      await this.record(tx, principal, directoryId, 'directory.deleted');
      return {};
    });
  }

  /** Whoever lets a directory give roles gives them: it takes the same permission. */
  private async assertMay(tx: Tx, principal: Principal, { groups }: DirectorySettings): Promise<void> {
    await actorWith(tx, principal, 'manage_directories');
    await this.freshness.assertFresh(tx, principal);
    const mappings = groups?.mappings ?? [];
    if (mappings.some(({ role }) => role === 'admin'))
      assertReaches(await actorWith(tx, principal, 'manage_roles'), 'admin');
    const poolIds = [...new Set(mappings.flatMap(({ poolId }) => poolId ?? []))];
    if (!(await arePools(tx, principal.organizationId, poolIds))) throw putDirectory.fail('pool_not_found');
  }

  private async describe(organizationId: OrganizationId, directory: DirectoryRow): Promise<Answer> {
    const { bindPassword: _, ...settings } = await this.secrets.openSettings(organizationId, directory);
    return {
      id: directory.id as never,
      settings,
      people: directory.people,
      ...(directory.next_run_at ? { nextRunAt: directory.next_run_at.toISOString() } : {}),
    };
  }

  private record(
    tx: Tx,
    principal: Principal,
    id: string,
    action: 'directory.put' | 'directory.deleted',
  ): Promise<void> {
    const object = { kind: 'directory', id };
    return recordFact(tx, principal.organizationId, { actor: actorSubject(principal), action, object });
  }
}
