import { randomBytes } from 'node:crypto';
import type { Bot, BotAudience, Scope } from '@relais/contracts';
import type { OrganizationId, PoolId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import type { PersonalData, SealedName } from '../sealing/personal-data.js';
import { insertUser } from '../users/user-rows.postgres.js';

export interface BotRow {
  id: UserId;
  state: Bot['state'];
  display_name_sealed: Buffer;
  created_at: Date;
  scopes: Scope[];
  last_used_at: Date | null;
  keys: { id: Bot['keys'][number]['id']; createdAt: string; retiredAt: string | null }[];
  audience: { userId: UserId | null; poolId: PoolId | null }[];
}

const SELECT = `
  SELECT u.id, u.state, u.display_name_sealed, u.created_at, b.scopes, b.last_used_at,
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', k.id, 'createdAt', k.created_at, 'retiredAt', k.retired_at) ORDER BY k.id)
              FROM bot_key k WHERE k.organization_id = b.organization_id AND k.bot_id = b.id), '[]') AS keys,
    coalesce((SELECT jsonb_agg(jsonb_build_object('userId', g.user_id, 'poolId', g.pool_id) ORDER BY g.subject_id)
              FROM bot_grant g WHERE g.organization_id = b.organization_id AND g.bot_id = b.id), '[]') AS audience
  FROM bot b JOIN app_user u ON u.organization_id = b.organization_id AND u.id = b.id
  WHERE b.organization_id = $1`;

export const listBotRows = (tx: Tx, organizationId: OrganizationId): Promise<BotRow[]> =>
  rows(tx, `${SELECT} ORDER BY u.id`, [organizationId]);

export const findBot = (tx: Tx, organizationId: OrganizationId, id: UserId): Promise<BotRow | null> =>
  row(tx, `${SELECT} AND b.id = $2`, [organizationId, id]);

/** The bot, locked against any change until the transaction ends. */
export async function lockBot(tx: Tx, organizationId: OrganizationId, id: UserId): Promise<BotRow | null> {
  await rows(tx, 'SELECT u.id FROM app_user u WHERE u.organization_id = $1 AND u.id = $2 FOR NO KEY UPDATE', [
    organizationId,
    id,
  ]);
  return findBot(tx, organizationId, id);
}

export interface NewBot {
  organizationId: OrganizationId;
  id: UserId;
  name: SealedName;
  emailSealed: Buffer;
  scopes: readonly Scope[];
  madeBy: UserId;
  now: Date;
}

/** Adds a bot, in no pool. It has no address and no password: its index is of nothing, and no hash reads `none`. */
export async function insertBot(tx: Tx, { scopes, madeBy, ...draft }: NewBot): Promise<void> {
  const { organizationId, id } = draft;
  const nobody = { role: 'member', emailIndex: randomBytes(32), passwordHash: 'none', poolIds: [] } as const;
  await insertUser(tx, { ...draft, ...nobody, kind: 'bot' });
  await rows(tx, 'INSERT INTO bot (organization_id, id, scopes, made_by) VALUES ($1, $2, $3, $4)', [
    organizationId,
    id,
    scopes,
    madeBy,
  ]);
}

export async function changeScopes(
  tx: Tx,
  organizationId: OrganizationId,
  id: UserId,
  scopes: readonly Scope[],
): Promise<void> {
  await rows(tx, 'UPDATE bot b SET scopes = $3 WHERE b.organization_id = $1 AND b.id = $2', [
    organizationId,
    id,
    scopes,
  ]);
}

/** Puts these people and pools in the place of those there were. */
export async function replaceAudience(
  tx: Tx,
  organizationId: OrganizationId,
  id: UserId,
  { userIds, poolIds }: { userIds: readonly UserId[]; poolIds: readonly PoolId[] },
): Promise<void> {
  await rows(tx, 'DELETE FROM bot_grant g WHERE g.organization_id = $1 AND g.bot_id = $2', [organizationId, id]);
  await rows(
    tx,
    `INSERT INTO bot_grant (organization_id, bot_id, user_id, pool_id)
     SELECT $1::uuid, $2::uuid, s.id, NULL::uuid FROM unnest($3::uuid[]) AS s (id)
     UNION ALL SELECT $1, $2, NULL, s.id FROM unnest($4::uuid[]) AS s (id)`,
    [organizationId, id, userIds, poolIds],
  );
}

/** How many of these are people here, active or not. */
export async function countPeople(tx: Tx, organizationId: OrganizationId, ids: readonly UserId[]): Promise<number> {
  const found = await row<{ count: number }>(
    tx,
    `SELECT count(*)::int AS count FROM app_user u
     WHERE u.organization_id = $1 AND u.id = ANY($2::uuid[]) AND u.kind = 'person'`,
    [organizationId, ids],
  );
  return found?.count ?? 0;
}

export const clientIdOf = (organizationId: string, botId: string): string => `${organizationId}.${botId}`;

export async function toBots(
  personal: PersonalData,
  organizationId: OrganizationId,
  found: readonly BotRow[],
): Promise<Bot[]> {
  const sealed = found.map((one) => one.display_name_sealed);
  const reader = await personal.reader(organizationId, sealed);
  return found.map((one) => ({
    id: one.id,
    clientId: clientIdOf(organizationId, one.id),
    displayName: reader.open('app_user.display_name', one.id, one.display_name_sealed),
    state: one.state,
    scopes: one.scopes,
    keys: one.keys.map(({ id, createdAt, retiredAt }) => ({
      id,
      createdAt: new Date(createdAt).toISOString(),
      ...(retiredAt ? { retiredAt: new Date(retiredAt).toISOString() } : {}),
    })),
    audience: one.audience.map(toAudience),
    createdAt: one.created_at.toISOString(),
    ...(one.last_used_at ? { lastUsedAt: one.last_used_at.toISOString() } : {}),
  }));
}

const toAudience = ({ userId, poolId }: BotRow['audience'][number]): BotAudience =>
  userId ? { userId } : { poolId: poolId as PoolId };
