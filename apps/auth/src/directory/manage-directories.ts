import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  deleteDirectory,
  type DirectorySettings,
  listDirectories,
  MAX_DIRECTORIES_OF_BOTS,
  putDirectory,
} from '@relais/contracts';
import { Clock, type OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { type Actor, actorOrBotWith, actorWith, assertReaches } from '../permissions/actor.postgres.js';
import { lockOrganization } from '../users/user-rows.postgres.js';
import { arePools } from '../pools/pool-rows.postgres.js';
import {
  type DirectoryRow,
  findDirectory,
  listDirectoryRows,
  removeDirectory,
  writeDirectory,
} from './directory-rows.postgres.js';
import { assertPlain } from './assert-plain.js';
import { DirectorySecrets, runAfter } from './directory-settings.js';
import { isUnsafe } from './ldap-client.js';
import { findLastRun, type RunRow, toRun } from './run-rows.postgres.js';

const SCOPE = 'identity-sources:write';

type Command = z.output<typeof putDirectory.input>;
type Answer = z.input<typeof putDirectory.output>;

/** A directory and the run of it that began last. */
interface Described {
  directory: DirectoryRow;
  last: RunRow | null;
}

/** Which directories an organization reads, and how. A bot deals with those that it made itself, which bring in members alone. */
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
      return findSeen(tx, principal, directoryId);
    });
    const kept = before && (await this.secrets.openSettings(organizationId, before));
    const settingsSealed = await this.secrets.sealSettings(
      organizationId,
      directoryId,
      withPassword(principal.scopes ? withProtected(settings, kept) : settings, kept),
    );
    const written = await this.db.within(organizationId, async (tx) => {
      // Nobody else makes one of this id meanwhile.
      await lockOrganization(tx, organizationId);
      const actor = await this.assertMay(tx, principal, settings);
      const now = this.clock.now();
      const isSaidByBot = actor === 'bot';
      const found = await findSeen(tx, principal, directoryId);
      if (isSaidByBot && !found) await assertRoom(tx, organizationId);
      const nextRunAt = isSaidByBot ? runOfBotAfter(settings, found, now) : runAfter(settings, now);
      await writeDirectory(tx, organizationId, {
        ...{ id: directoryId, settingsSealed, nextRunAt, madeBy: principal.userId, isSaidByBot, now },
      });
      await this.record(tx, principal, directoryId, 'directory.put');
      return describedFrom(tx, organizationId, (await findDirectory(tx, organizationId, directoryId)) as DirectoryRow);
    });
    return this.describe(organizationId, written);
  }

  @Serves(listDirectories)
  async list(_: unknown, { principal }: RequestContext): Promise<{ items: Answer[] }> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      await actorOrBotWith(tx, principal, 'manage_directories', SCOPE);
      const described: Described[] = [];
      for (const one of await listDirectoryRows(tx, organizationId))
        if (isSeenBy(principal, one)) described.push(await describedFrom(tx, organizationId, one));
      return described;
    });
    return { items: await Promise.all(found.map((one) => this.describe(organizationId, one))) };
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
  private async assertMay(tx: Tx, principal: Principal, settings: DirectorySettings): Promise<Actor | 'bot'> {
    const actor = await actorOrBotWith(tx, principal, 'manage_directories', SCOPE);
    if (actor === 'bot') {
      assertPlain(settings);
      return actor;
    }
    await this.freshness.assertFresh(tx, principal);
    const mappings = settings.groups?.mappings ?? [];
    if (mappings.some(({ role }) => role === 'admin'))
      assertReaches(await actorWith(tx, principal, 'manage_roles'), 'admin');
    const poolIds = [...new Set(mappings.flatMap(({ poolId }) => poolId ?? []))];
    if (!(await arePools(tx, principal.organizationId, poolIds))) throw putDirectory.fail('pool_not_found');
    return actor;
  }

  private async describe(organizationId: OrganizationId, { directory, last }: Described): Promise<Answer> {
    const { bindPassword: _, ...settings } = await this.secrets.openSettings(organizationId, directory);
    return {
      id: directory.id as never,
      settings,
      people: directory.people,
      ...(directory.next_run_at ? { nextRunAt: directory.next_run_at.toISOString() } : {}),
      ...(directory.made_by ? { madeBy: directory.made_by } : {}),
      ...(last ? { lastRun: toRun(last) } : {}),
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

const describedFrom = async (tx: Tx, organizationId: OrganizationId, directory: DirectoryRow): Promise<Described> => ({
  directory,
  last: await findLastRun(tx, organizationId, directory.id),
});

/** To a bot, what it did not make itself is not there. */
const isSeenBy = ({ scopes, userId }: Principal, { made_by }: DirectoryRow): boolean => !scopes || made_by === userId;

/** @throws AppError `directory_id_taken` to a bot, of one that it did not make */
async function findSeen(tx: Tx, principal: Principal, directoryId: string): Promise<DirectoryRow | null> {
  const found = await findDirectory(tx, principal.organizationId, directoryId);
  if (found && !isSeenBy(principal, found)) throw putDirectory.fail('directory_id_taken');
  return found;
}

/** @throws AppError `too_many_directories` */
async function assertRoom(tx: Tx, organizationId: OrganizationId): Promise<void> {
  const made = (await listDirectoryRows(tx, organizationId)).filter((one) => one.is_said_by_bot);
  if (made.length >= MAX_DIRECTORIES_OF_BOTS) throw putDirectory.fail('too_many_directories');
}

/**
 * At once where nobody could be put out by it yet. Else saying it again brings the next run no nearer, or many runs that each stay
 * below the brake would put everybody out within a minute.
 */
function runOfBotAfter(settings: DirectorySettings, before: DirectoryRow | null, now: Date): Date | null {
  const at = runAfter(settings, now);
  if (!at || !before || before.people === 0) return at && now;
  return before.next_run_at && before.next_run_at < at ? before.next_run_at : at;
}

/** Whom a bot's directory never puts out is said by people. */
const withProtected = (settings: DirectorySettings, kept: DirectorySettings | null): DirectorySettings => ({
  ...settings,
  protectedUserIds: kept?.protectedUserIds ?? [],
});

/** A password is for the server it was made at: with another one, or another name, it is not kept, or it would be sent there. */
function withPassword(settings: DirectorySettings, kept: DirectorySettings | null): DirectorySettings {
  const isSame = kept?.bindDn === settings.bindDn && settings.urls.every((url) => kept.urls.includes(url));
  const bindPassword = settings.bindPassword ?? (isSame ? kept.bindPassword : undefined);
  return { ...settings, ...(bindPassword === undefined ? {} : { bindPassword }) };
}
