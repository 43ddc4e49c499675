import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  describeOutageMode,
  type OutageMode,
  readOutageMode,
  releaseOutageMode,
  setOutageMode,
  switchOutageMode,
} from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact, systemSubject } from '../facts/record-fact.js';
import { findOrganization } from '../organizations/organization-rows.postgres.js';
import { actorOf, actorWith } from '../permissions/actor.postgres.js';
import { findOutageMode, makeAutomatic } from './outage-mode-rows.postgres.js';
import { OutageSwitch } from './outage-switch.js';

type Command = { on: boolean; reason: string };

/** Whether an organization has given up its usual channels for now: in the hands of people, and of the watch. */
@Injectable()
export class OutageModeHandler {
  constructor(
    private readonly db: Database,
    private readonly freshness: Freshness,
    private readonly outage: OutageSwitch,
  ) {}

  @Serves(readOutageMode)
  async read(_: unknown, { principal }: RequestContext): Promise<OutageMode> {
    await this.db.within(principal.organizationId, (tx) => actorOf(tx, principal));
    return this.outage.describe(principal.organizationId);
  }

  @Serves(describeOutageMode)
  describe({ organizationId }: { organizationId: OrganizationId }): Promise<OutageMode> {
    return this.outage.describe(organizationId);
  }

  @Serves(setOutageMode)
  async set(command: Command, { principal }: RequestContext): Promise<OutageMode> {
    const { organizationId, userId: changedBy } = principal;
    const assertMay = (tx: Tx) => this.assertMay(tx, principal);
    await this.db.within(organizationId, assertMay);
    const switching = { ...command, means: 'person' as const, changedBy, actor: actorSubject(principal) };
    return this.outage.turn(organizationId, switching, assertMay);
  }

  @Serves(releaseOutageMode)
  async release(_: unknown, { principal }: RequestContext): Promise<OutageMode> {
    const { organizationId } = principal;
    await this.db.within(organizationId, async (tx) => {
      await this.assertMay(tx, principal);
      if ((await findOutageMode(tx, organizationId))?.is_automatic !== false) return;
      await makeAutomatic(tx, organizationId);
      await recordFact(tx, organizationId, {
        ...{ actor: actorSubject(principal), action: 'outage-mode.released' },
        object: { kind: 'organization', id: organizationId },
      });
    });
    return this.outage.describe(organizationId);
  }

  @Serves(switchOutageMode)
  switch({ organizationId, ...command }: Command & { organizationId: OrganizationId }): Promise<OutageMode> {
    const actor = systemSubject('service', 'alerting');
    const switching = {
      ...command,
      means: 'watch' as const,
      changedBy: null,
      actor,
      onBehalfOf: systemSubject('watch'),
    };
    return this.outage.turn(organizationId, switching, async (tx) => {
      if (!(await findOrganization(tx, organizationId))) throw switchOutageMode.fail('organization_not_found');
    });
  }

  private async assertMay(tx: Tx, principal: Principal): Promise<void> {
    await actorWith(tx, principal, 'manage_break_glass');
    await this.freshness.assertFresh(tx, principal);
  }
}
