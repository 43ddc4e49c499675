import { id as uuid } from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';

export type Kind = 'User' | 'Group';

export interface ResourceRow {
  id: string;
  document_sealed: Buffer;
  is_put_out: boolean;
  version: number;
  created_at: Date;
  changed_at: Date;
  /** Of a user. */
  state: 'active' | 'disabled' | null;
  /** Of a user: groups of this client they are in. */
  groups: string[];
  /** Of a group: how many people of this client are in it. */
  members: number;
}

const SELECT = `SELECT r.id, r.document_sealed, r.is_put_out, r.version, r.created_at, r.changed_at, u.state,
    ARRAY(SELECT g.id FROM scim_resource g
      JOIN pool_user p ON p.organization_id = g.organization_id AND p.pool_id = g.pool_id AND p.user_id = r.user_id
      WHERE g.organization_id = r.organization_id AND g.client_id = r.client_id AND g.kind = 'Group' ORDER BY g.id)::text[] AS groups,
    (SELECT count(*)::int FROM pool_user m
      JOIN scim_resource o ON o.organization_id = m.organization_id AND o.client_id = r.client_id AND o.user_id = m.user_id
      WHERE m.organization_id = r.organization_id AND m.pool_id = r.pool_id) AS members
  FROM scim_resource r LEFT JOIN app_user u ON u.organization_id = r.organization_id AND u.id = r.user_id
  WHERE r.organization_id = $1 AND r.client_id = $2 AND r.kind = $3`;

/** Of which client, and which kind. */
export interface Among {
  organizationId: OrganizationId;
  clientId: string;
  kind: Kind;
}
const keyOf = ({ organizationId, clientId, kind }: Among) => [organizationId, clientId, kind];

export const findResource = (tx: Tx, among: Among, id: string): Promise<ResourceRow | null> =>
  row(tx, `${SELECT} AND r.id = $4`, [...keyOf(among), id]);

/** The same, locked against other writers. */
export async function lockResource(tx: Tx, among: Among, id: string): Promise<ResourceRow | null> {
  await rows(
    tx,
    `SELECT r.id FROM scim_resource r WHERE r.organization_id = $1 AND r.client_id = $2 AND r.kind = $3 AND r.id = $4
     FOR NO KEY UPDATE`,
    [...keyOf(among), id],
  );
  return findResource(tx, among, id);
}

/** In the order they were made; ids break ties. */
export const resourcePage = (
  tx: Tx,
  among: Among,
  { offset, limit }: { offset: number; limit: number },
): Promise<ResourceRow[]> =>
  rows(tx, `${SELECT} ORDER BY r.created_at, r.id OFFSET $4 LIMIT $5`, [...keyOf(among), offset, limit]);

export async function countResources(tx: Tx, among: Among): Promise<number> {
  const found = await row<{ count: number }>(
    tx,
    `SELECT count(*)::int AS count FROM scim_resource r
     WHERE r.organization_id = $1 AND r.client_id = $2 AND r.kind = $3`,
    keyOf(among),
  );
  return found?.count ?? 0;
}

/** Those with this index of a name, of an id of the client's, or of an address; at most a hundred. */
export const resourcesWith = (
  tx: Tx,
  among: Among,
  by: { id?: string; nameIndex?: Buffer; externalIndex?: Buffer; emailIndex?: Buffer },
): Promise<ResourceRow[]> =>
  rows(
    tx,
    `${SELECT} AND ($4::uuid IS NULL OR r.id = $4) AND ($5::bytea IS NULL OR r.name_index = $5)
       AND ($6::bytea IS NULL OR r.external_index = $6) AND ($7::bytea IS NULL OR u.email_index = $7)
     ORDER BY r.created_at, r.id LIMIT 100`,
    [...keyOf(among), by.id ?? null, by.nameIndex ?? null, by.externalIndex ?? null, by.emailIndex ?? null],
  );

export interface Written {
  id: string;
  nameIndex: Buffer;
  externalIndex: Buffer | null;
  documentSealed: Buffer;
  now: Date;
}

export const insertResource = (tx: Tx, among: Among, written: Written): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO scim_resource (organization_id, client_id, kind, id, name_index, external_index, document_sealed, created_at, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)`,
    [...keyOf(among), written.id, written.nameIndex, written.externalIndex, written.documentSealed, written.now],
  );

export const updateResource = (tx: Tx, among: Among, written: Written): Promise<unknown> =>
  rows(
    tx,
    `UPDATE scim_resource r SET name_index = $5, external_index = $6, document_sealed = $7, changed_at = $8, version = r.version + 1
     WHERE r.organization_id = $1 AND r.client_id = $2 AND r.kind = $3 AND r.id = $4`,
    [...keyOf(among), written.id, written.nameIndex, written.externalIndex, written.documentSealed, written.now],
  );

export const setPutOut = (tx: Tx, among: Among, id: string, isPutOut: boolean): Promise<unknown> =>
  rows(
    tx,
    `UPDATE scim_resource r SET is_put_out = $5
     WHERE r.organization_id = $1 AND r.client_id = $2 AND r.kind = $3 AND r.id = $4`,
    [...keyOf(among), id, isPutOut],
  );

export const deleteResource = (tx: Tx, among: Among, id: string): Promise<unknown> =>
  rows(
    tx,
    'DELETE FROM scim_resource r WHERE r.organization_id = $1 AND r.client_id = $2 AND r.kind = $3 AND r.id = $4',
    [...keyOf(among), id],
  );

/** People of this client in these pools, at most so many. */
export const membersOf = (
  tx: Tx,
  { organizationId, clientId }: Among,
  poolIds: readonly string[],
  limit: number,
): Promise<{ pool_id: string; user_id: string }[]> =>
  rows(
    tx,
    `SELECT m.pool_id, m.user_id FROM pool_user m
     JOIN scim_resource o ON o.organization_id = m.organization_id AND o.client_id = $2 AND o.user_id = m.user_id
     WHERE m.organization_id = $1 AND m.pool_id = ANY($3::uuid[]) ORDER BY m.pool_id, m.user_id LIMIT $4`,
    [organizationId, clientId, poolIds, limit],
  );

/** Which of these are people of this client; what is no id at all is nobody. */
export async function peopleAmong(
  tx: Tx,
  { organizationId, clientId }: Among,
  ids: readonly string[],
): Promise<Set<string>> {
  const found = await rows<{ id: string }>(
    tx,
    `SELECT r.id FROM scim_resource r
     WHERE r.organization_id = $1 AND r.client_id = $2 AND r.kind = 'User' AND r.id = ANY($3::uuid[])`,
    [organizationId, clientId, ids.filter((id) => uuid().safeParse(id).success)],
  );
  return new Set(found.map(({ id }) => id));
}
