import { Injectable } from '@nestjs/common';
import { BlindIndex } from '@relais/crypto';
import { PersonalData } from '../sealing/personal-data.js';
import type { JsonObject } from './hostile-json.js';
import { type GroupDocument, renderGroup } from './group-document.js';
import type { ScimClient } from './scim-client.js';
import { ScimError } from './scim-error.js';
import type { Among, Kind, ResourceRow } from './scim-rows.postgres.js';
import { renderUser, type UserDocument } from './user-document.js';

const COLUMN = 'scim_resource.document';

/** Weak, because attributes may be left out of the same version (RFC 7644, 3.14). */
export const etagOf = ({ version, state, groups, members }: ResourceRow): string =>
  `W/"${version}-${state ?? 'group'}-${groups.length + members}"`;

/** @throws ScimError 412 when the caller knows another version */
export function assertVersion(ifMatch: string | undefined, found: ResourceRow): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  if (ifMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === etagOf(found).slice(2))) return;
  throw new ScimError(412, 'the resource has changed since: read it again');
}

export const amongOf = ({ organizationId, clientId }: ScimClient, kind: Kind): Among => ({
  ...{ organizationId, clientId, kind },
});

/** Seals and opens what clients say, makes it findable, and writes it as RFC 7643 has it. */
@Injectable()
export class ScimResources {
  constructor(
    private readonly personal: PersonalData,
    private readonly index: BlindIndex,
  ) {}

  /** With the key of the person; call it before the transaction. */
  sealUser({ organizationId }: ScimClient, id: string, document: UserDocument): Promise<Buffer> {
    const { active: _, ...kept } = document;
    return this.personal.sealOfUser(id, { organizationId, column: COLUMN, rowId: id }, JSON.stringify(kept));
  }

  sealGroup({ organizationId }: ScimClient, id: string, document: GroupDocument): Promise<Buffer> {
    return this.personal.seal({ organizationId, column: COLUMN, rowId: id }, JSON.stringify(document));
  }

  /** Finds a resource by its name, without case. */
  nameIndex({ organizationId }: ScimClient, name: string): Promise<Buffer> {
    return this.index.digest(organizationId, 'external_id', `scim-name:${name.trim().toLowerCase()}`);
  }

  externalIndex({ organizationId }: ScimClient, externalId: string): Promise<Buffer> {
    return this.index.digest(organizationId, 'external_id', `scim-external:${externalId}`);
  }

  /** Who this is among the identities of sources. */
  identityIndex({ organizationId }: ScimClient, userId: string): Promise<Buffer> {
    return this.index.digest(organizationId, 'external_id', `scim-user:${userId}`);
  }

  async openUser(client: ScimClient, row: ResourceRow): Promise<UserDocument> {
    return JSON.parse((await this.open(client, [row]))[0] ?? '{}') as UserDocument;
  }

  async openGroup(client: ScimClient, row: ResourceRow): Promise<GroupDocument> {
    return JSON.parse((await this.open(client, [row]))[0] ?? '{}') as GroupDocument;
  }

  async renderUsers(client: ScimClient, rows: readonly ResourceRow[]): Promise<JsonObject[]> {
    const texts = await this.open(client, rows);
    return rows.map((row, at) =>
      renderUser(JSON.parse(texts[at] ?? '{}') as UserDocument, {
        ...keptOf(row),
        ...{ isActive: row.state === 'active', groups: row.groups },
      }),
    );
  }

  /** @param members of each pool; null leaves them out */
  async renderGroups(
    client: ScimClient,
    rows: readonly ResourceRow[],
    members: ReadonlyMap<string, string[]> | null,
  ): Promise<JsonObject[]> {
    const texts = await this.open(client, rows);
    return rows.map((row, at) =>
      renderGroup(
        JSON.parse(texts[at] ?? '{}') as GroupDocument,
        keptOf(row),
        members === null ? null : (members.get(row.id) ?? []),
      ),
    );
  }

  private async open({ organizationId }: ScimClient, rows: readonly ResourceRow[]): Promise<string[]> {
    const sealed = rows.map((row) => row.document_sealed);
    const reader = await this.personal.reader(organizationId, sealed);
    return rows.map((row) => reader.open(COLUMN, row.id, row.document_sealed) || '{}');
  }
}

const keptOf = (row: ResourceRow) => ({
  ...{ id: row.id, version: etagOf(row), created: row.created_at, changed: row.changed_at },
});
