import { Injectable } from '@nestjs/common';
import { Clock, newId, type PoolId } from '@relais/kernel';
import { Database, type Tx } from '../database/database.js';
import { violates } from '../database/sql.js';
import { recordFact } from '../facts/record-fact.js';
import { insertPool, updatePoolName } from '../pools/pool-rows.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { changeMembers, type MemberChange } from './group-members.postgres.js';
import { type GroupDocument, readGroupDocument, readMembers } from './group-document.js';
import type { JsonObject } from './hostile-json.js';
import { type GroupPatch, readGroupPatch } from './patch-group.js';
import type { Operation } from './patch-operations.js';
import { clientSubject, type ScimClient } from './scim-client.js';
import { notFound, ScimError } from './scim-error.js';
import { amongOf, assertVersion, ScimResources } from './scim-resources.js';
import {
  deleteResource,
  findResource,
  insertResource,
  lockResource,
  type ResourceRow,
  updateResource,
  type Written,
} from './scim-rows.postgres.js';

interface Prepared {
  /** Null where the name stays. */
  nameSealed: Buffer | null;
  written: Written;
}

/** Groups of a SCIM client: each is a pool, made for it or named by an administrator. */
@Injectable()
export class ScimGroups {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly resources: ScimResources,
    private readonly clock: Clock,
  ) {}

  async create(client: ScimClient, said: JsonObject): Promise<ResourceRow> {
    const { organizationId } = client;
    const document = readGroupDocument(said);
    const members: MemberChange = { kind: 'set', ids: readMembers(said['members']) };
    const mapped = client.settings.groups.find(({ displayName }) => isSameName(displayName, document.displayName));
    const id = mapped?.poolId ?? newId<PoolId>();
    const { written, nameSealed } = await this.prepare(client, id, document);
    return this.inWords(() =>
      this.db.within(organizationId, async (tx) => {
        if (nameSealed) await insertPool(tx, { organizationId, id, nameSealed, now: written.now });
        await insertResource(tx, amongOf(client, 'Group'), written);
        if (members.ids.length > 0) await changeMembers(tx, client, id, [members]);
        await this.record(tx, client, id, 'scim-group.made');
        return (await findResource(tx, amongOf(client, 'Group'), id)) as ResourceRow;
      }),
    );
  }

  async find(client: ScimClient, id: string): Promise<ResourceRow> {
    const found = await this.db.within(client.organizationId, (tx) => findResource(tx, amongOf(client, 'Group'), id));
    if (!found) throw notFound('group');
    return found;
  }

  replace(client: ScimClient, id: string, said: JsonObject, ifMatch?: string): Promise<ResourceRow> {
    const document = readGroupDocument(said);
    const members: MemberChange[] = [{ kind: 'set', ids: readMembers(said['members']) }];
    return this.change(client, id, ifMatch, { document, members });
  }

  patch(client: ScimClient, id: string, operations: readonly Operation[], ifMatch?: string): Promise<ResourceRow> {
    return this.change(client, id, ifMatch, readGroupPatch(operations));
  }

  /** Takes this client's people out of the pool; the pool itself stays for an administrator. */
  remove(client: ScimClient, id: string, ifMatch?: string): Promise<void> {
    return this.db.within(client.organizationId, async (tx) => {
      const found = await lockResource(tx, amongOf(client, 'Group'), id);
      if (!found) throw notFound('group');
      assertVersion(ifMatch, found);
      await changeMembers(tx, client, id, [{ kind: 'set', ids: [] }]);
      await deleteResource(tx, amongOf(client, 'Group'), id);
      await this.record(tx, client, id, 'scim-group.deleted');
    });
  }

  private async change(
    client: ScimClient,
    id: string,
    ifMatch: string | undefined,
    { document, members }: GroupPatch,
  ): Promise<ResourceRow> {
    const found = await this.find(client, id);
    const before = await this.resources.openGroup(client, found);
    const next = readGroupDocument({ ...before, ...document } as JsonObject);
    const { written, nameSealed } = await this.prepare(client, id, next);
    const isRenamed = before.displayName !== next.displayName;
    const isChanged = isRenamed || before.externalId !== next.externalId;
    return this.inWords(() =>
      this.db.within(client.organizationId, async (tx) => {
        const now = await lockResource(tx, amongOf(client, 'Group'), id);
        if (!now) throw notFound('group');
        assertVersion(ifMatch, now);
        const hasMoved = await changeMembers(tx, client, id, members);
        if (isChanged || hasMoved) await updateResource(tx, amongOf(client, 'Group'), written);
        if (isRenamed && nameSealed) await this.rename(tx, client, id, nameSealed);
        return (await findResource(tx, amongOf(client, 'Group'), id)) as ResourceRow;
      }),
    );
  }

  private async rename(tx: Tx, client: ScimClient, id: string, nameSealed: Buffer): Promise<void> {
    const { organizationId, clientId } = client;
    await updatePoolName(tx, organizationId, id as PoolId, nameSealed);
    const object = { kind: 'pool', id };
    await recordFact(tx, organizationId, { actor: clientSubject(clientId), action: 'pool.renamed', object });
  }

  /** A pool that an administrator named keeps the name it has. */
  private async prepare(client: ScimClient, id: string, document: GroupDocument): Promise<Prepared> {
    const { organizationId, settings } = client;
    const isMapped = settings.groups.some(({ poolId }) => poolId === id);
    const place = { organizationId, column: 'pool.name', rowId: id } as const;
    const { displayName, externalId } = document;
    return {
      nameSealed: isMapped ? null : await this.personal.seal(place, displayName),
      written: {
        ...{ id, now: this.clock.now() },
        nameIndex: await this.resources.nameIndex(client, displayName),
        externalIndex: externalId === undefined ? null : await this.resources.externalIndex(client, externalId),
        documentSealed: await this.resources.sealGroup(client, id, document),
      },
    };
  }

  private async inWords<Found>(work: () => Promise<Found>): Promise<Found> {
    try {
      return await work();
    } catch (error) {
      const isTaken = violates(error, 'scim_resource_name_key') || violates(error, 'scim_resource_pkey');
      throw isTaken ? new ScimError(409, 'there is a group of this name already', 'uniqueness') : error;
    }
  }

  private record(
    tx: Tx,
    { organizationId, clientId }: ScimClient,
    id: string,
    action: 'scim-group.made' | 'scim-group.deleted',
  ): Promise<void> {
    return recordFact(tx, organizationId, { actor: clientSubject(clientId), action, object: { kind: 'pool', id } });
  }
}

const isSameName = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();
