import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { deletePostureSource, listPostureSources, putPostureSource } from '@relais/contracts';
import { Clock, type OrganizationId } from '@relais/kernel';
import { newSecret, type Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorWith } from '../permissions/actor.postgres.js';
import {
  findSource,
  listSourceRows,
  type PostureSourceRow,
  removeSource,
  writeSource,
} from './posture-rows.postgres.js';
import { type KnownSource, PostureSecrets } from './posture-settings.js';

type Command = z.output<typeof putPostureSource.input>;
type Answer = z.input<typeof putPostureSource.output>;

/** Who may say whether devices of the organization are in order. */
@Injectable()
export class ManagePostureSourcesHandler {
  constructor(
    private readonly db: Database,
    private readonly secrets: PostureSecrets,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  @Serves(putPostureSource)
  async put(command: Command, { principal }: RequestContext): Promise<Answer> {
    const { organizationId } = principal;
    const { sourceId } = command;
    const before = await this.db.within(organizationId, async (tx) => {
      await this.assertMay(tx, principal);
      return findSource(tx, organizationId, sourceId);
    });
    const { source, isNewKey } = await this.complete(organizationId, command, before);
    const settings_sealed = await this.secrets.seal(organizationId, sourceId, source);
    const written = { id: sourceId, settings_sealed, created_at: before?.created_at ?? this.clock.now() };
    await this.db.within(organizationId, async (tx) => {
      await this.assertMay(tx, principal);
      await writeSource(tx, organizationId, written);
      await this.record(tx, principal, sourceId, 'posture-source.put', { kind: source.settings.kind, isNewKey });
    });
    const answer = toAnswer(organizationId, written, source);
    return isNewKey && source.key !== undefined ? { ...answer, key: source.key } : answer;
  }

  @Serves(listPostureSources)
  async list(_: unknown, { principal }: RequestContext): Promise<{ items: Answer[] }> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_devices');
      return listSourceRows(tx, organizationId);
    });
    const items = found.map(async (one) => toAnswer(organizationId, one, await this.secrets.open(organizationId, one)));
    return { items: await Promise.all(items) };
  }

  @Serves(deletePostureSource)
  delete({ sourceId }: { sourceId: string }, { principal }: RequestContext): Promise<Record<never, never>> {
    return this.db.within(principal.organizationId, async (tx) => {
      await this.assertMay(tx, principal);
      if (!(await removeSource(tx, principal.organizationId, sourceId)))
        throw deletePostureSource.fail('posture_source_not_found');
      await this.record(tx, principal, sourceId, 'posture-source.deleted');
      return {};
    });
  }

  /** A key is made when there is none, and stays until it is asked to be another. */
  private async complete(
    organizationId: OrganizationId,
    { settings, renewKey }: Command,
    before: PostureSourceRow | null,
  ): Promise<{ source: KnownSource; isNewKey: boolean }> {
    if (settings.kind === 'caep') return { source: { settings }, isNewKey: false };
    const known = before && !renewKey ? (await this.secrets.open(organizationId, before)).key : undefined;
    return { source: { settings, key: known ?? newSecret() }, isNewKey: known === undefined };
  }

  private async assertMay(tx: Tx, principal: Principal): Promise<void> {
    await actorWith(tx, principal, 'manage_devices');
    await this.freshness.assertFresh(tx, principal);
  }

  private record(
    tx: Tx,
    principal: Principal,
    id: string,
    action: 'posture-source.put' | 'posture-source.deleted',
    after?: Record<string, string | boolean>,
  ): Promise<void> {
    const object = { kind: 'posture_source', id };
    const fact = { actor: actorSubject(principal), action, object };
    return recordFact(tx, principal.organizationId, after ? { ...fact, after } : fact);
  }
}

const LAST_PART = { caep: 'events', json: 'reports' } as const;

const toAnswer = (organizationId: OrganizationId, row: PostureSourceRow, { settings }: KnownSource): Answer => ({
  id: row.id as never,
  settings,
  path: `/v1/posture/${organizationId}/${row.id}/${LAST_PART[settings.kind]}`,
  createdAt: row.created_at.toISOString(),
});
