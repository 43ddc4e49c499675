import { Injectable } from '@nestjs/common';
import { id as uuid } from '@relais/contracts';
import type { Filter } from 'scim2-parse-filter';
import { Database, type Tx } from '../database/database.js';
import { PersonalData } from '../sealing/personal-data.js';
import { MAX_MEMBERS } from './group-members.postgres.js';
import type { JsonObject } from './hostile-json.js';
import { type Projection, shows } from './projection.js';
import type { ScimClient } from './scim-client.js';
import { badRequest } from './scim-error.js';
import { type Exact, exactPartOf, GROUP_ATTRIBUTES, matches, parseFilter, USER_ATTRIBUTES } from './scim-filter.js';
import { amongOf, ScimResources } from './scim-resources.js';
import {
  type Among,
  countResources,
  type Kind,
  membersOf,
  type ResourceRow,
  resourcePage,
  resourcesWith,
} from './scim-rows.postgres.js';

const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
export const MAX_RESULTS = 200;
const DEFAULT_RESULTS = 100;
const MAX_SCANNED = 10_000;
const PAGE = 1_000;

export interface ListQuery {
  filter?: string | undefined;
  startIndex?: string | undefined;
  count?: string | undefined;
}

/** Lists what a client wrote (RFC 7644, 3.4.2). Names are sealed: what no index finds is opened and compared here. */
@Injectable()
export class ScimList {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly resources: ScimResources,
  ) {}

  async list(client: ScimClient, kind: Kind, query: ListQuery, projection: Projection): Promise<JsonObject> {
    const startIndex = Math.max(1, numberIn(query.startIndex, 1));
    const count = Math.min(MAX_RESULTS, Math.max(0, numberIn(query.count, DEFAULT_RESULTS)));
    const known = kind === 'User' ? USER_ATTRIBUTES : GROUP_ATTRIBUTES;
    const filter = query.filter === undefined ? null : await parseFilter(query.filter, known);
    const found = filter
      ? await this.filtered(client, kind, filter)
      : await this.page(client, kind, { offset: startIndex - 1, limit: count });
    const shown = filter ? found.rows.slice(startIndex - 1, startIndex - 1 + count) : found.rows;
    return {
      ...{ schemas: [LIST_SCHEMA], totalResults: found.total, startIndex, itemsPerPage: shown.length },
      Resources: await this.render(client, kind, shown, kind === 'Group' && shows(projection, 'members')),
    };
  }

  /** With members of groups, where they are wanted. @throws ScimError `tooMany` */
  async render(
    client: ScimClient,
    kind: Kind,
    rows: readonly ResourceRow[],
    withMembers: boolean,
  ): Promise<JsonObject[]> {
    if (kind === 'User') return this.resources.renderUsers(client, rows);
    return this.resources.renderGroups(client, rows, withMembers ? await this.members(client, rows) : null);
  }

  private page(client: ScimClient, kind: Kind, page: { offset: number; limit: number }) {
    const among = amongOf(client, kind);
    return this.db.within(client.organizationId, async (tx) => ({
      total: await countResources(tx, among),
      rows: await resourcePage(tx, among, page),
    }));
  }

  private async filtered(client: ScimClient, kind: Kind, filter: Filter) {
    const rows: ResourceRow[] = [];
    const withMembers = JSON.stringify(filter).includes('"members');
    for await (const candidates of this.candidates(client, kind, filter)) {
      const rendered = await this.render(client, kind, candidates, withMembers);
      rows.push(...candidates.filter((_, at) => matches(filter, rendered[at] ?? {})));
    }
    return { total: rows.length, rows };
  }

  private async *candidates(client: ScimClient, kind: Kind, filter: Filter): AsyncGenerator<ResourceRow[]> {
    const among = amongOf(client, kind);
    const within = <Found>(work: (tx: Tx) => Promise<Found>) => this.db.within(client.organizationId, work);
    const exact = exactPartOf(filter, kind);
    if (exact) {
      const by = await this.indexOf(client, exact);
      const found = by ? await within((tx) => resourcesWith(tx, among, by)) : [];
      if (found.length > 0) yield found;
      // Only the first address of a person is in an index: another may be the one that is asked for.
      if (found.length > 0 || exact.attribute !== 'emails.value') return;
    }
    if ((await within((tx) => countResources(tx, among))) > MAX_SCANNED)
      throw badRequest('tooMany', 'too many to compare: ask for id, userName or externalId by eq');
    for (let offset = 0; ; offset += PAGE) {
      const page = await within((tx) => resourcePage(tx, among, { offset, limit: PAGE }));
      yield page;
      if (page.length < PAGE) return;
    }
  }

  /** Null where nothing can have it. */
  private async indexOf(
    client: ScimClient,
    { attribute, value }: Exact,
  ): Promise<Parameters<typeof resourcesWith>[2] | null> {
    switch (attribute) {
      case 'id':
        return uuid().safeParse(value).success ? { id: value } : null;
      case 'externalId':
        return { externalIndex: await this.resources.externalIndex(client, value) };
      case 'emails.value':
        return { emailIndex: await this.personal.emailIndex(client.organizationId, value) };
      case 'userName':
      case 'displayName':
        return { nameIndex: await this.resources.nameIndex(client, value) };
    }
  }

  private async members(client: ScimClient, rows: readonly ResourceRow[]): Promise<Map<string, string[]>> {
    const ids = rows.map(({ id }) => id);
    const among: Among = amongOf(client, 'Group');
    const found = await this.db.within(client.organizationId, (tx) => membersOf(tx, among, ids, MAX_MEMBERS + 1));
    if (found.length > MAX_MEMBERS)
      throw badRequest('tooMany', 'too many members at once: use excludedAttributes=members, or a smaller count');
    const byGroup = new Map<string, string[]>(ids.map((id) => [id, []]));
    for (const { pool_id, user_id } of found) byGroup.get(pool_id)?.push(user_id);
    return byGroup;
  }
}

function numberIn(text: string | undefined, otherwise: number): number {
  if (text === undefined || text === '') return otherwise;
  if (!/^-?\d{1,9}$/.test(text)) throw badRequest('invalidValue', 'startIndex and count are whole numbers');
  return Number(text);
}
