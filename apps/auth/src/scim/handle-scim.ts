import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { handleScim, id as uuid, type ScimAnswer, type ScimRequest } from '@relais/contracts';
import { readHostileJson } from './hostile-json.js';
import { readOperations } from './patch-operations.js';
import { project, type Projection, projectionOf, shows } from './projection.js';
import { type ScimClient, ScimClients } from './scim-client.js';
import { badRequest, notFound, ScimError } from './scim-error.js';
import { ScimGroups } from './scim-groups.js';
import { ScimList } from './scim-list.js';
import { etagOf } from './scim-resources.js';
import type { Kind, ResourceRow } from './scim-rows.postgres.js';
import { listOf, RESOURCE_TYPES, SCHEMAS, SERVICE_PROVIDER_CONFIG } from './scim-schemas.js';
import { ScimUsers } from './scim-users.js';

type Answering = Promise<ScimAnswer> | ScimAnswer;

/** Answers SCIM requests (RFC 7644): who asks, what about, and which of the rules applies. */
@Injectable()
export class HandleScimHandler {
  constructor(
    private readonly clients: ScimClients,
    private readonly users: ScimUsers,
    private readonly groups: ScimGroups,
    private readonly lists: ScimList,
  ) {}

  @Serves(handleScim)
  async execute(request: ScimRequest): Promise<ScimAnswer> {
    try {
      const client = await this.clients.authenticate(request.bearer);
      return await this.route(client, request);
    } catch (error) {
      if (error instanceof ScimError) return error.toAnswer();
      throw error;
    }
  }

  private route(client: ScimClient, request: ScimRequest): Answering {
    const [, first = '', id, ...rest] = request.path.split('/');
    if (rest.length > 0) throw notFound('endpoint');
    switch (first) {
      case 'Users':
        return id === undefined ? this.collection(client, 'User', request) : this.one(client, 'User', id, request);
      case 'Groups':
        return id === undefined ? this.collection(client, 'Group', request) : this.one(client, 'Group', id, request);
      case 'Bulk':
      case 'Me':
      case '.search':
        throw new ScimError(501, 'not implemented: see ServiceProviderConfig');
      default:
        return described(first, id, request);
    }
  }

  private async collection(client: ScimClient, kind: Kind, request: ScimRequest): Promise<ScimAnswer> {
    const projection = projectionOf(request.query);
    if (request.method === 'GET') {
      const list = await this.lists.list(client, kind, request.query, projection);
      const shown = (list['Resources'] as (typeof list)[]).map((one) => project(one, projection));
      return ok({ ...list, Resources: shown });
    }
    if (request.method !== 'POST') throw notAllowed();
    const said = readHostileJson(request.body);
    const row = await (kind === 'User' ? this.users.create(client, said) : this.groups.create(client, said));
    return {
      ...(await this.answer(client, kind, row, projection)),
      status: 201,
      location: `/scim/v2/${kind}s/${row.id}`,
    };
  }

  private async one(client: ScimClient, kind: Kind, id: string, request: ScimRequest): Promise<ScimAnswer> {
    if (!uuid().safeParse(id).success) throw notFound('resource');
    const projection = projectionOf(request.query);
    const resources = kind === 'User' ? this.users : this.groups;
    const { method, body, ifMatch } = request;
    switch (method) {
      case 'GET': {
        const row = await resources.find(client, id);
        if (isKnown(request.ifNoneMatch, etagOf(row))) return { status: 304, body: '', etag: etagOf(row) };
        return this.answer(client, kind, row, projection);
      }
      case 'PUT': {
        const said = readHostileJson(body);
        if (said['id'] !== undefined && said['id'] !== id) throw badRequest('mutability', 'id is read-only');
        return this.answer(client, kind, await resources.replace(client, id, said, ifMatch), projection);
      }
      case 'PATCH': {
        const operations = readOperations(readHostileJson(body), id);
        return this.answer(client, kind, await resources.patch(client, id, operations, ifMatch), projection);
      }
      case 'DELETE':
        await resources.remove(client, id, ifMatch);
        return { status: 204, body: '' };
      default:
        throw notAllowed();
    }
  }

  private async answer(client: ScimClient, kind: Kind, row: ResourceRow, projection: Projection): Promise<ScimAnswer> {
    const [rendered = {}] = await this.lists.render(client, kind, [row], shows(projection, 'members'));
    return { ...ok(project(rendered, projection)), etag: etagOf(row) };
  }
}

const ok = (body: object): ScimAnswer => ({ status: 200, body: JSON.stringify(body) });
const notAllowed = (): ScimError => new ScimError(405, 'this method is not for this endpoint');

const isKnown = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch?.split(',').some((one) => one.trim() === etag || one.trim() === '*') ?? false;

/** What the server can do, for clients that ask before they begin (RFC 7644, 4). */
function described(first: string, id: string | undefined, { method, query }: ScimRequest): ScimAnswer {
  const known: Readonly<Record<string, readonly { id: string }[]>> = {
    Schemas: SCHEMAS,
    ResourceTypes: RESOURCE_TYPES,
  };
  const isConfig = first === 'ServiceProviderConfig' && id === undefined;
  const list = Object.hasOwn(known, first) ? known[first] : undefined;
  if (!isConfig && !list) throw notFound('endpoint');
  if (method !== 'GET') throw notAllowed();
  // RFC 7644, 4: whoever filters these is told that they may not.
  if (query['filter'] !== undefined) throw new ScimError(403, 'there is no filter here');
  if (!list) return ok(SERVICE_PROVIDER_CONFIG);
  if (id === undefined) return ok(listOf(list));
  const found = list.find((one) => one.id === id);
  if (!found) throw notFound('resource');
  return ok(found);
}
