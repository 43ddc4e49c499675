import type { ContactCell, ContactMode, Role } from '@relais/contracts';
import type { OrganizationId, PoolId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import type { ContactRules, Person, Rights } from './decide.js';

interface CellRow extends Rights {
  from_pool_id: PoolId;
  to_pool_id: PoolId;
}

const CELL = 'c.from_pool_id, c.to_pool_id, c.see, c.message, c.alarm';

/** The mode, and the lines of the table that begin in these pools, or all of them. One statement. */
export async function readRules(
  tx: Tx,
  organizationId: OrganizationId,
  fromPools: readonly PoolId[] | 'all',
): Promise<ContactRules> {
  const found = await row<{ mode: ContactMode; cells: CellRow[] }>(
    tx,
    `SELECT p.mode, coalesce((SELECT jsonb_agg(c) FROM (SELECT ${CELL} FROM contact_cell c
       WHERE c.organization_id = p.organization_id AND p.mode = 'matrix'
         AND ($2::uuid[] IS NULL OR c.from_pool_id = ANY($2))) c), '[]') AS cells
     FROM contact_policy p WHERE p.organization_id = $1`,
    [organizationId, fromPools === 'all' ? null : fromPools],
  );
  const cells = new Map<PoolId, Map<PoolId, Rights>>();
  for (const cell of found?.cells ?? []) {
    const line = cells.get(cell.from_pool_id) ?? new Map<PoolId, Rights>();
    cells.set(cell.from_pool_id, line.set(cell.to_pool_id, cell));
  }
  return { mode: found?.mode ?? 'open', cells };
}

export interface PersonRow extends Person {
  isActive: boolean;
}

/** These people and bots as they stand, by id. One statement, however many they are. */
export async function readPersons(
  tx: Tx,
  organizationId: OrganizationId,
  ids: readonly UserId[],
): Promise<Map<UserId, PersonRow>> {
  const found = await rows<{
    id: UserId;
    role: Role;
    state: string;
    kind: string;
    pool_ids: PoolId[];
    audience: { user_id: UserId | null; pool_id: PoolId | null }[] | null;
  }>(
    tx,
    `SELECT u.id, u.role, u.state, u.kind,
       ARRAY(SELECT p.pool_id FROM pool_user p
             WHERE p.organization_id = u.organization_id AND p.user_id = u.id ORDER BY p.pool_id)::text[] AS pool_ids,
       CASE WHEN u.kind = 'bot' THEN
         (SELECT jsonb_agg(g) FROM (SELECT g.user_id, g.pool_id FROM bot_grant g
            WHERE g.organization_id = u.organization_id AND g.bot_id = u.id) g) END AS audience
     FROM app_user u WHERE u.organization_id = $1 AND u.id = ANY($2::uuid[])`,
    [organizationId, ids],
  );
  return new Map(found.map((one) => [one.id, toPerson(one)]));
}

function toPerson(found: {
  id: UserId;
  role: Role;
  state: string;
  kind: string;
  pool_ids: PoolId[];
  audience: { user_id: UserId | null; pool_id: PoolId | null }[] | null;
}): PersonRow {
  const { id, role, state, kind, pool_ids: poolIds } = found;
  const person = { id, role, poolIds, isActive: state === 'active' };
  if (kind === 'person') return person;
  const granted = found.audience ?? [];
  const audience = {
    userIds: granted.flatMap(({ user_id }) => user_id ?? []),
    poolIds: granted.flatMap(({ pool_id }) => pool_id ?? []),
  };
  return { ...person, audience };
}

export const findMode = (
  tx: Tx,
  organizationId: OrganizationId,
): Promise<{ mode: ContactMode; updated_at: Date } | null> =>
  row(tx, 'SELECT p.mode, p.updated_at FROM contact_policy p WHERE p.organization_id = $1', [organizationId]);

export async function writeMode(tx: Tx, organizationId: OrganizationId, mode: ContactMode, now: Date): Promise<void> {
  await rows(
    tx,
    `INSERT INTO contact_policy (organization_id, mode, updated_at) VALUES ($1, $2, $3)
     ON CONFLICT (organization_id) DO UPDATE SET mode = excluded.mode, updated_at = excluded.updated_at`,
    [organizationId, mode, now],
  );
}

/** All lines, in the order of their pools. */
export async function listCells(tx: Tx, organizationId: OrganizationId): Promise<ContactCell[]> {
  const found = await rows<CellRow>(
    tx,
    `SELECT ${CELL} FROM contact_cell c WHERE c.organization_id = $1 ORDER BY c.from_pool_id, c.to_pool_id`,
    [organizationId],
  );
  return found.map(toCell);
}

export async function findCell(
  tx: Tx,
  organizationId: OrganizationId,
  { fromPoolId, toPoolId }: Pick<ContactCell, 'fromPoolId' | 'toPoolId'>,
): Promise<ContactCell | null> {
  const found = await row<CellRow>(
    tx,
    `SELECT ${CELL} FROM contact_cell c WHERE c.organization_id = $1 AND c.from_pool_id = $2 AND c.to_pool_id = $3`,
    [organizationId, fromPoolId, toPoolId],
  );
  return found && toCell(found);
}

export async function writeCell(tx: Tx, organizationId: OrganizationId, cell: ContactCell): Promise<void> {
  await rows(
    tx,
    `INSERT INTO contact_cell (organization_id, from_pool_id, to_pool_id, see, message, alarm)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organization_id, from_pool_id, to_pool_id)
     DO UPDATE SET see = excluded.see, message = excluded.message, alarm = excluded.alarm`,
    [organizationId, cell.fromPoolId, cell.toPoolId, cell.see, cell.message, cell.alarm],
  );
}

export async function deleteCell(
  tx: Tx,
  organizationId: OrganizationId,
  { fromPoolId, toPoolId }: Pick<ContactCell, 'fromPoolId' | 'toPoolId'>,
): Promise<void> {
  await rows(
    tx,
    'DELETE FROM contact_cell c WHERE c.organization_id = $1 AND c.from_pool_id = $2 AND c.to_pool_id = $3',
    [organizationId, fromPoolId, toPoolId],
  );
}

const toCell = ({ from_pool_id, to_pool_id, see, message, alarm }: CellRow): ContactCell => ({
  ...{ fromPoolId: from_pool_id, toPoolId: to_pool_id, see, message, alarm },
});
