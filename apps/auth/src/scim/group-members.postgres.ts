import type { PoolId, UserId } from '@relais/kernel';
import { tellContactsChanged } from '../contact-policy/tell-change.js';
import type { Tx } from '../database/database.js';
import { rows } from '../database/sql.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { defaultPool } from '../pools/pool-rows.postgres.js';
import { clientSubject, type ScimClient } from './scim-client.js';
import { badRequest } from './scim-error.js';
import { amongOf } from './scim-resources.js';
import { membersOf, peopleAmong } from './scim-rows.postgres.js';

export const MAX_MEMBERS = 10_000;

export interface MemberChange {
  kind: 'add' | 'remove' | 'set';
  ids: readonly string[];
}

/** Puts people of this client into the pool of a group and takes them out; others in the pool are none of its business. */
export async function changeMembers(
  tx: Tx,
  client: ScimClient,
  groupId: string,
  changes: readonly MemberChange[],
): Promise<boolean> {
  const among = amongOf(client, 'Group');
  const before = (await membersOf(tx, among, [groupId], MAX_MEMBERS + 1)).map(({ user_id }) => user_id);
  const after = changes.reduce(applied, new Set(before));
  const added = [...after].filter((id) => !before.includes(id)).toSorted();
  const removed = before.filter((id) => !after.has(id)).toSorted();
  const known = await peopleAmong(tx, among, added);
  const unknown = added.find((id) => !known.has(id));
  if (unknown !== undefined) throw badRequest('invalidValue', `members: there is no user ${unknown.slice(0, 64)}`);
  if (after.size > MAX_MEMBERS) throw badRequest('tooMany', `a group has at most ${MAX_MEMBERS} members`);
  await move(tx, client, groupId, added, removed);
  return added.length + removed.length > 0;
}

function applied(members: Set<string>, { kind, ids }: MemberChange): Set<string> {
  if (kind === 'set') return new Set(ids);
  for (const id of ids) {
    if (kind === 'add') members.add(id);
    else members.delete(id);
  }
  return members;
}

async function move(
  tx: Tx,
  client: ScimClient,
  poolId: string,
  added: readonly string[],
  removed: readonly string[],
): Promise<void> {
  const { organizationId } = client;
  const [first, ...others] = [...added, ...removed].toSorted();
  if (first === undefined) return;
  await rows(
    tx,
    'SELECT u.id FROM app_user u WHERE u.organization_id = $1 AND u.id = ANY($2::uuid[]) ORDER BY u.id FOR NO KEY UPDATE',
    [organizationId, [first, ...others]],
  );
  await insertInto(tx, client, poolId, added);
  await rows(
    tx,
    'DELETE FROM pool_user p WHERE p.organization_id = $1 AND p.pool_id = $2 AND p.user_id = ANY($3::uuid[])',
    [organizationId, poolId, removed],
  );
  // Nobody is in no pool at all.
  const homeless = await rows<{ id: string }>(
    tx,
    `SELECT u.id FROM app_user u WHERE u.organization_id = $1 AND u.id = ANY($2::uuid[]) AND NOT EXISTS (
       SELECT FROM pool_user p WHERE p.organization_id = u.organization_id AND p.user_id = u.id)`,
    [organizationId, removed],
  );
  if (homeless.length > 0)
    await insertInto(
      tx,
      client,
      await defaultPool(tx, organizationId),
      homeless.map(({ id }) => id),
    );
  await record(tx, client, poolId as PoolId, added, 'pool.user-added');
  await record(tx, client, poolId as PoolId, removed, 'pool.user-removed');
  await tellContactsChanged(tx, organizationId, [first, ...others] as UserId[]);
}

const insertInto = (tx: Tx, { organizationId }: ScimClient, poolId: string, ids: readonly string[]): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO pool_user (organization_id, pool_id, user_id) SELECT $1, $2, w.id FROM unnest($3::uuid[]) AS w (id)
     ON CONFLICT DO NOTHING`,
    [organizationId, poolId, ids],
  );

async function record(
  tx: Tx,
  { organizationId, clientId }: ScimClient,
  poolId: PoolId,
  ids: readonly string[],
  action: 'pool.user-added' | 'pool.user-removed',
): Promise<void> {
  const side = action === 'pool.user-added' ? 'after' : 'before';
  for (const id of ids)
    await recordFact(tx, organizationId, {
      ...{ actor: clientSubject(clientId), action, object: userSubject(id), [side]: { poolIds: [poolId] } },
    });
}
