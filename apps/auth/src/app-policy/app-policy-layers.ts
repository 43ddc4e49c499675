import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  type AppPolicySettings,
  type AppSettingStatement,
  type FactState,
  readAppPolicyLayer,
  setAppPolicyLayer,
} from '@relais/contracts';
import { Clock, type OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, difference, recordFact } from '../facts/record-fact.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { findLayer, type LayerKey, type LayerRow, subjectExists, writeLayer } from './app-policy-rows.postgres.js';

type Command = z.output<typeof setAppPolicyLayer.input>;
type Answer = z.input<typeof readAppPolicyLayer.output>;

/** What each layer says about the organization's apps. */
@Injectable()
export class AppPolicyLayersHandler {
  constructor(
    private readonly db: Database,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  @Serves(readAppPolicyLayer)
  read(key: LayerKey, { principal }: RequestContext): Promise<Answer> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await this.assertAllowed(tx, principal, key);
      return toAnswer(key, await findLayer(tx, organizationId, key));
    });
  }

  @Serves(setAppPolicyLayer)
  set({ settings, ...key }: Command, { principal }: RequestContext): Promise<Answer> {
    const { organizationId } = principal;
    const said = settings as AppPolicySettings;
    return this.db.within(organizationId, async (tx) => {
      await this.assertAllowed(tx, principal, key);
      await this.freshness.assertFresh(tx, principal);
      const before = await findLayer(tx, organizationId, key);
      const now = this.clock.now();
      await writeLayer(tx, organizationId, key, said, now);
      await this.record(tx, organizationId, principal, key, before?.settings ?? {}, said);
      return toAnswer(key, { settings: said, updated_at: now });
    });
  }

  private async assertAllowed(tx: Tx, principal: Principal, key: LayerKey): Promise<void> {
    await actorWith(tx, principal, 'manage_policies');
    if (!(await subjectExists(tx, principal.organizationId, key)))
      throw readAppPolicyLayer.fail('policy_subject_not_found');
  }

  private record(
    tx: Tx,
    organizationId: OrganizationId,
    principal: Principal,
    { layer, subjectId }: LayerKey,
    before: AppPolicySettings,
    after: AppPolicySettings,
  ): Promise<void> {
    return recordFact(tx, organizationId, {
      actor: actorSubject(principal),
      action: 'app-policy.changed',
      object: { kind: layer, id: subjectId },
      ...difference(toState(before), toState(after)),
    });
  }
}

/** One line per setting, so that a fact shows only those that changed. Spelled out: the database keeps no order of keys. */
function toState(settings: AppPolicySettings): FactState {
  return Object.fromEntries(Object.entries(settings).map(([name, statement]) => [name, textOf(statement)]));
}

const toAnswer = (key: LayerKey, found: LayerRow | null): Answer => ({
  ...key,
  settings: (found?.settings ?? {}) as Answer['settings'],
  ...(found ? { updatedAt: found.updated_at.toISOString() } : {}),
});

const textOf = ({ value, locked, userEditable, renewable }: AppSettingStatement): string =>
  JSON.stringify({ value, locked, userEditable, renewable });
