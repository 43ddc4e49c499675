import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  createProvisioningClient,
  deleteProvisioningClient,
  listProvisioningClients,
  type ProvisioningSettings,
  releaseProvisioningBrake,
  rotateProvisioningSecret,
  SCIM_PATH,
} from '@relais/contracts';
import { Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { arePools } from '../pools/pool-rows.postgres.js';
import { formatScopedSecret, hashOf, newScopedSecret } from '../secrets/scoped-secret.js';
import {
  findClient,
  forgetPutOuts,
  insertClient,
  listClientRows,
  type ProvisioningRow,
  removeClient,
  rotateSecret,
} from './provisioning-rows.postgres.js';
import { ScimClients } from './scim-client.js';

type Answer = z.input<typeof listProvisioningClients.output>['items'][number];
type WithSecret = z.input<typeof createProvisioningClient.output>;
type Named = { clientId: string };

/** Which SCIM clients may write people here. A secret is shown once and kept only as a hash. */
@Injectable()
export class ManageProvisioningHandler {
  constructor(
    private readonly db: Database,
    private readonly clients: ScimClients,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  @Serves(createProvisioningClient)
  async create(
    { clientId, settings }: { clientId: string; settings: ProvisioningSettings },
    { principal }: RequestContext,
  ): Promise<WithSecret> {
    const { organizationId } = principal;
    await this.db.within(organizationId, (tx) => this.assertMay(tx, principal));
    const secret = newScopedSecret(organizationId);
    const settingsSealed = await this.clients.seal(organizationId, clientId, settings);
    const written = await this.db.within(organizationId, async (tx) => {
      await this.assertMay(tx, principal);
      const poolIds = [...new Set(settings.groups.map(({ poolId }) => poolId))];
      if (!(await arePools(tx, organizationId, poolIds))) throw createProvisioningClient.fail('pool_not_found');
      const client = { id: clientId, settingsSealed, secretHash: hashOf(secret), now: this.clock.now() };
      if (!(await insertClient(tx, organizationId, client)))
        throw createProvisioningClient.fail('provisioning_client_exists');
      await this.record(tx, principal, clientId, 'provisioning-client.made');
      return findClient(tx, organizationId, clientId);
    });
    return {
      ...(await this.describe(principal, written as ProvisioningRow)),
      ...{ secret: formatScopedSecret(secret), path: SCIM_PATH },
    };
  }

  @Serves(listProvisioningClients)
  async list(_: unknown, { principal }: RequestContext): Promise<{ items: Answer[] }> {
    const found = await this.db.within(principal.organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_directories');
      return listClientRows(tx, principal.organizationId);
    });
    return { items: await Promise.all(found.map((one) => this.describe(principal, one))) };
  }

  @Serves(rotateProvisioningSecret)
  async rotate(
    { clientId, overlapSeconds }: z.output<typeof rotateProvisioningSecret.input>,
    { principal }: RequestContext,
  ): Promise<WithSecret> {
    const { organizationId } = principal;
    const secret = newScopedSecret(organizationId);
    const oldUntil = new Date(this.clock.now().getTime() + overlapSeconds * 1_000);
    const found = await this.db.within(organizationId, async (tx) => {
      await this.assertMay(tx, principal);
      if (!(await rotateSecret(tx, organizationId, clientId, { secretHash: hashOf(secret), oldUntil })))
        throw rotateProvisioningSecret.fail('provisioning_client_not_found');
      await this.record(tx, principal, clientId, 'provisioning-client.secret-rotated', {
        oldUntil: oldUntil.toISOString(),
      });
      return findClient(tx, organizationId, clientId);
    });
    return {
      ...(await this.describe(principal, found as ProvisioningRow)),
      ...{ secret: formatScopedSecret(secret), path: SCIM_PATH },
    };
  }

  @Serves(releaseProvisioningBrake)
  release({ clientId }: Named, { principal }: RequestContext): Promise<Record<never, never>> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await this.assertMay(tx, principal);
      if (!(await findClient(tx, organizationId, clientId)))
        throw releaseProvisioningBrake.fail('provisioning_client_not_found');
      await forgetPutOuts(tx, organizationId, clientId);
      await this.record(tx, principal, clientId, 'provisioning-client.released');
      return {};
    });
  }

  @Serves(deleteProvisioningClient)
  delete({ clientId }: Named, { principal }: RequestContext): Promise<Record<never, never>> {
    return this.db.within(principal.organizationId, async (tx) => {
      await this.assertMay(tx, principal);
      if (!(await removeClient(tx, principal.organizationId, clientId)))
        throw deleteProvisioningClient.fail('provisioning_client_not_found');
      await this.record(tx, principal, clientId, 'provisioning-client.deleted');
      return {};
    });
  }

  private async assertMay(tx: Tx, principal: Principal): Promise<void> {
    await actorWith(tx, principal, 'manage_directories');
    await this.freshness.assertFresh(tx, principal);
  }

  private async describe({ organizationId }: Principal, row: ProvisioningRow): Promise<Answer> {
    const until = row.old_secret_until;
    return {
      id: row.id as never,
      settings: await this.clients.open(organizationId, row),
      people: row.people,
      ...(until && until > this.clock.now() ? { oldSecretUntil: until.toISOString() } : {}),
      createdAt: row.created_at.toISOString(),
    };
  }

  private record(
    tx: Tx,
    principal: Principal,
    id: string,
    action: `provisioning-client.${'made' | 'secret-rotated' | 'released' | 'deleted'}`,
    after: Record<string, string> = {},
  ): Promise<void> {
    const object = { kind: 'provisioning_client', id };
    return recordFact(tx, principal.organizationId, { actor: actorSubject(principal), action, object, after });
  }
}
