import type { Role, User } from '@relais/contracts';
import type { OrganizationId, PoolId, UserId } from '@relais/kernel';
import { type Asker, IS_THERE } from '../bots/bot-visibility.postgres.js';
import type { Tx } from '../database/database.js';
import { row, rows, violates } from '../database/sql.js';
import { IS_WITHIN, type Reach } from '../contact-policy/reach.js';
import { assertRoom, assertRoomFor } from '../people-quota/room.postgres.js';
import type { Reader, SealedName } from '../sealing/personal-data.js';
import { writeBeginnings } from './name-index.postgres.js';

export interface UserRow {
  id: UserId;
  kind: 'person' | 'bot';
  role: Role;
  state: 'active' | 'disabled';
  email_index: Buffer;
  email_sealed: Buffer;
  phone_sealed: Buffer | null;
  display_name_sealed: Buffer;
  password_hash: string;
  created_at: Date;
  pool_ids: PoolId[];
}

const COLUMNS = `u.id, u.kind, u.role, u.state, u.email_index, u.email_sealed, u.phone_sealed, u.display_name_sealed, u.password_hash, u.created_at,
  ARRAY(SELECT p.pool_id FROM pool_user p WHERE p.organization_id = u.organization_id AND p.user_id = u.id ORDER BY p.pool_id)::text[] AS pool_ids`;

const SELECT_PERSON = `SELECT ${COLUMNS} FROM app_user u WHERE u.organization_id = $1 AND u.id = $2 AND u.kind = 'person'`;

export const findUser = (tx: Tx, organizationId: OrganizationId, id: UserId): Promise<UserRow | null> =>
  row(tx, `SELECT ${COLUMNS} FROM app_user u WHERE u.organization_id = $1 AND u.id = $2`, [organizationId, id]);

export const findUsers = (tx: Tx, organizationId: OrganizationId, ids: readonly UserId[]): Promise<UserRow[]> =>
  rows(tx, `SELECT ${COLUMNS} FROM app_user u WHERE u.organization_id = $1 AND u.id = ANY ($2::uuid[])`, [
    organizationId,
    ids,
  ]);

/** The person, locked against any change until the transaction ends. A bot is no person: see bots/bot-rows.postgres.ts. */
export async function lockUser(tx: Tx, organizationId: OrganizationId, id: UserId): Promise<UserRow | null> {
  await rows(tx, 'SELECT u.id FROM app_user u WHERE u.organization_id = $1 AND u.id = $2 FOR NO KEY UPDATE', [
    organizationId,
    id,
  ]);
  // NOTE: read by a statement of its own: one that has waited for the lock still sees the pools as they were before the wait.
  return row(tx, SELECT_PERSON, [organizationId, id]);
}

/** The person, locked against being put out until the transaction ends; others may sign in meanwhile. */
export const holdUser = (tx: Tx, organizationId: OrganizationId, id: UserId): Promise<UserRow | null> =>
  row(tx, `${SELECT_PERSON} FOR SHARE OF u`, [organizationId, id]);

export const findUserByEmail = (
  tx: Tx,
  organizationId: OrganizationId,
  emailIndex: Buffer,
): Promise<Pick<UserRow, 'id' | 'state' | 'password_hash'> | null> =>
  row(tx, 'SELECT u.id, u.state, u.password_hash FROM app_user u WHERE u.organization_id = $1 AND u.email_index = $2', [
    organizationId,
    emailIndex,
  ]);

export interface UserSelection {
  after: string | null;
  limit: number;
  /** Whose people are shown whatever their state, and whether the asker may see them or not; null for everybody. */
  inactiveIn: readonly PoolId[] | null;
  seen: Reach;
}

/**
 * A condition of SQL on the row `u` of app_user: whether it is in the lists of an asker, of whom `$2`, `$3` and `$4` are as in
 * `IS_THERE` and `IS_WITHIN`, behind `$5`; `$6` is `inactiveIn`.
 */
const IS_LISTED = `u.organization_id = $1 AND ${IS_THERE} AND ($5::uuid IS NULL OR u.id > $5)
       AND ((u.state = 'active' AND ${IS_WITHIN}) OR $6::uuid[] IS NULL OR coalesce(
         (SELECT bool_and(i.pool_id = ANY($6)) FROM pool_user i
          WHERE i.organization_id = u.organization_id AND i.user_id = u.id), false))`;

/**
 * Who is there for the asker, in the order of their ids, which is the order they came in. Those who are not active are listed
 * when every pool of theirs is in `inactiveIn`; null stands for all pools.
 */
export const listUserRows = (
  tx: Tx,
  organizationId: OrganizationId,
  asker: Asker,
  { after, limit, inactiveIn, seen }: UserSelection,
): Promise<UserRow[]> =>
  rows(tx, `SELECT ${COLUMNS} FROM app_user u WHERE ${IS_LISTED} ORDER BY u.id LIMIT $7`, [
    ...[organizationId, asker.userId, asker.isBot, JSON.stringify(seen), after, inactiveIn, limit],
  ]);

/**
 * The same of those whose names have all these beginnings. The first is walked in the order of the ids and the others are looked
 * for in each: so it costs as much as people have the first one, and it should be the rarest.
 */
export const searchUserRows = (
  tx: Tx,
  organizationId: OrganizationId,
  asker: Asker,
  { after, limit, inactiveIn, seen }: UserSelection,
  [first, ...others]: readonly string[],
): Promise<UserRow[]> =>
  rows(
    tx,
    `SELECT ${COLUMNS} FROM name_beginning n JOIN app_user u ON u.organization_id = n.organization_id AND u.id = n.user_id
     WHERE n.organization_id = $1 AND n.digest = $8::bigint AND ($5::uuid IS NULL OR n.user_id > $5) AND ${IS_LISTED}
       AND NOT EXISTS (SELECT FROM unnest($9::bigint[]) AS o (digest) WHERE NOT EXISTS (
         SELECT FROM name_beginning b
         WHERE b.organization_id = n.organization_id AND b.digest = o.digest AND b.user_id = n.user_id))
     ORDER BY n.user_id LIMIT $7`,
    [
      ...[organizationId, asker.userId, asker.isBot, JSON.stringify(seen), after, inactiveIn, limit],
      ...[first, others],
    ],
  );

export interface NewUser {
  organizationId: OrganizationId;
  id: UserId;
  /** A person where nothing is said. */
  kind?: 'person' | 'bot';
  /** Active where nothing is said. */
  state?: User['state'];
  role: Role;
  emailIndex: Buffer;
  emailSealed: Buffer;
  name: SealedName;
  phoneSealed?: Buffer | null;
  passwordHash: string;
  poolIds: readonly PoolId[];
  now: Date;
}

/**
 * Adds somebody and puts them into these pools. See `isEmailTaken`.
 *
 * @throws AppError `people_limit_reached` of an active person, before anything is written
 */
export async function insertUser(tx: Tx, user: NewUser): Promise<void> {
  const { kind = 'person', state = 'active' } = user;
  if (kind === 'person' && state === 'active') await assertRoom(tx, user.organizationId);
  await rows(
    tx,
    `INSERT INTO app_user (organization_id, id, role, email_index, email_sealed, display_name_sealed, name_indexed, password_hash, created_at, phone_sealed, kind, state)
     VALUES ($1, $2, $3, $4, $5, $6::bytea, sha256($6::bytea), $7, $8, $9, $10, $11)`,
    [
      user.organizationId,
      user.id,
      user.role,
      user.emailIndex,
      user.emailSealed,
      user.name.sealed,
      user.passwordHash,
      user.now,
      user.phoneSealed ?? null,
      kind,
      state,
    ],
  );
  await writeBeginnings(tx, user.organizationId, [{ id: user.id, ...user.name }]);
  await rows(
    tx,
    'INSERT INTO pool_user (organization_id, pool_id, user_id) SELECT $1, p.id, $2 FROM unnest($3::uuid[]) AS p (id)',
    [user.organizationId, user.id, [...new Set(user.poolIds)]],
  );
}

/** Keeps owners from leaving at the same time: whoever may take one away holds the organization's row first. */
export const lockOrganization = (tx: Tx, organizationId: OrganizationId): Promise<unknown> =>
  rows(tx, 'SELECT o.organization_id FROM organization o WHERE o.organization_id = $1 FOR NO KEY UPDATE', [
    organizationId,
  ]);

/** Whether somebody else is an active owner. */
export async function hasOtherOwner(tx: Tx, organizationId: OrganizationId, id: UserId): Promise<boolean> {
  const other = await row(
    tx,
    `SELECT u.id FROM app_user u WHERE u.organization_id = $1 AND u.id <> $2 AND u.role = 'owner' AND u.state = 'active' LIMIT 1`,
    [organizationId, id],
  );
  return other !== null;
}

/** A person as administrators see them. */
export const toUser = (reader: Reader, user: UserRow): User => ({
  id: user.id,
  displayName: reader.open('app_user.display_name', user.id, user.display_name_sealed),
  ...(user.kind === 'bot' ? { isBot: true } : {}),
  role: user.role,
  state: user.state,
  poolIds: user.pool_ids,
  createdAt: user.created_at.toISOString(),
});

/** Which of these are active and there for the asker. */
export async function activeUsers(
  tx: Tx,
  organizationId: OrganizationId,
  asker: Asker,
  ids: readonly UserId[],
  seen: Reach,
): Promise<Set<UserId>> {
  const found = await rows<{ id: UserId }>(
    tx,
    `SELECT u.id FROM app_user u
     WHERE u.organization_id = $1 AND ${IS_THERE} AND ${IS_WITHIN} AND u.id = ANY($5::uuid[]) AND u.state = 'active'`,
    [organizationId, asker.userId, asker.isBot, JSON.stringify(seen), ids],
  );
  return new Set(found.map(({ id }) => id));
}

/** Changes what is given and leaves the rest. @throws AppError `people_limit_reached` when a person would be active again */
export async function changeUser(
  tx: Tx,
  organizationId: OrganizationId,
  id: UserId,
  { role, state, name }: { role?: Role | undefined; state?: User['state'] | undefined; name: SealedName | null },
): Promise<void> {
  if (state === 'active') await assertRoomFor(tx, organizationId, id);
  await rows(
    tx,
    `UPDATE app_user u SET role = coalesce($3, u.role), state = coalesce($4, u.state),
       display_name_sealed = coalesce($5::bytea, u.display_name_sealed), name_indexed = coalesce(sha256($5::bytea), u.name_indexed)
     WHERE u.organization_id = $1 AND u.id = $2`,
    [organizationId, id, role ?? null, state ?? null, name?.sealed ?? null],
  );
  if (name) await writeBeginnings(tx, organizationId, [{ id, ...name }]);
}

/** Exchanges a password hash. Changes nothing when it is no longer `from`. */
export async function exchangePassword(
  tx: Tx,
  organizationId: OrganizationId,
  id: UserId,
  { from, to }: { from: string; to: string },
): Promise<boolean> {
  const changed = await rows(
    tx,
    `UPDATE app_user u SET password_hash = $4 WHERE u.organization_id = $1 AND u.id = $2 AND u.password_hash = $3 RETURNING u.id`,
    [organizationId, id, from, to],
  );
  return changed.length > 0;
}

/** Deletes a person with their devices, sessions and invitations, and what directory runs have written down about them. */
export async function deleteUser(tx: Tx, organizationId: OrganizationId, id: UserId): Promise<void> {
  await rows(tx, 'DELETE FROM invitation i WHERE i.organization_id = $1 AND i.invited_by = $2', [organizationId, id]);
  await rows(tx, 'DELETE FROM directory_change g WHERE g.organization_id = $1 AND g.user_id = $2', [
    organizationId,
    id,
  ]);
  await rows(tx, 'DELETE FROM app_user u WHERE u.organization_id = $1 AND u.id = $2', [organizationId, id]);
}

export const isEmailTaken = (thrown: unknown): boolean => violates(thrown, 'app_user_email_key');

/** Active people among these, in these pools, or all; and bots that are named. In the order of their ids. */
export const audiencePage = async (
  tx: Tx,
  organizationId: OrganizationId,
  asked: { userIds: readonly UserId[]; poolIds: readonly PoolId[]; everyone: boolean; after?: UserId | undefined },
  limit: number,
): Promise<UserId[]> =>
  (
    await rows<{ id: UserId }>(
      tx,
      `SELECT u.id FROM app_user u WHERE u.organization_id = $1 AND u.state = 'active'
         AND ($5::uuid IS NULL OR u.id > $5) AND (u.id = ANY($2::uuid[]) OR (u.kind = 'person' AND ($4 OR EXISTS (
           SELECT FROM pool_user p WHERE p.organization_id = u.organization_id AND p.user_id = u.id
             AND p.pool_id = ANY($3::uuid[])))))
       ORDER BY u.id LIMIT $6`,
      [organizationId, asked.userIds, asked.poolIds, asked.everyone, asked.after ?? null, limit],
    )
  ).map(({ id }) => id);
