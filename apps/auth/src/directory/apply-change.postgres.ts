import type { Revocation, Role } from '@relais/contracts';
import type { OrganizationId, PoolId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import { difference, recordFact, systemSubject, userSubject } from '../facts/record-fact.js';
import { NO_PASSWORD } from '../passwords/password-hasher.js';
import { defaultPool } from '../pools/pool-rows.postgres.js';
import { assertRoomFor, isFull } from '../people-quota/room.postgres.js';
import { rolesOf } from '../identity-providers/provider-grants.postgres.js';
import { assertMayRegister } from '../registration-policy/may-register.js';
import type { SealedName } from '../sealing/personal-data.js';
import { deleteSessions } from '../sessions/session-rows.postgres.js';
import { revoke } from '../trust/revocations.postgres.js';
import { writeBeginnings } from '../users/name-index.postgres.js';
import { hasOtherOwner, insertUser, lockUser, type UserRow } from '../users/user-rows.postgres.js';
import { raisesRole } from './plan.js';
import type { DirectoryRecord } from './read-directory.js';
import type { ChangeMark, ChangeRow } from './run-rows.postgres.js';
import { beforeMark, standingDigest } from './standing.js';

export interface Source {
  organizationId: OrganizationId;
  directoryId: string;
  /** Pools that the directory decides about; others a person is in are none of its business. */
  managed: ReadonlySet<PoolId>;
  protectedIds: ReadonlySet<UserId>;
  /** Then whoever people have made more than a member is theirs. */
  isSaidByBot: boolean;
}

export interface Prepared {
  change: ChangeRow;
  userId: UserId;
  /** Null for who has vanished. */
  record: DirectoryRecord | null;
  sealed?: {
    emailSealed: Buffer;
    name: SealedName;
    placeSealed: Buffer;
    /** Null where the directory has none. */
    phoneSealed: Buffer | null;
    emailIndex: Buffer;
  };
}

export interface Applied {
  mark: ChangeMark;
  revocations: Revocation[];
  hasMoved: boolean;
}

const skipped = (problem: string): Applied => ({
  mark: { state: 'skipped', problem },
  revocations: [],
  hasMoved: false,
});

/** Does one planned change, or says why not. What became of a person since the plan was made decides anew. */
export async function applyChange(tx: Tx, source: Source, prepared: Prepared): Promise<Applied> {
  try {
    return await applyWithin(tx, source, prepared);
  } catch (error) {
    if (isFull(error)) return skipped('people_limit_reached');
    throw error;
  }
}

async function applyWithin(tx: Tx, source: Source, prepared: Prepared): Promise<Applied> {
  if (prepared.change.kind === 'create')
    return raisesUnasked(prepared) ? skipped('role_changed') : create(tx, source, prepared);
  const user = await lockUser(tx, source.organizationId, prepared.userId);
  if (!user) return skipped('gone');
  if (source.isSaidByBot && (await isMoreThanMember(tx, source.organizationId, user)))
    return skipped('more_than_member');
  if (raisesUnasked(prepared, user)) return skipped('role_changed');
  switch (prepared.change.kind) {
    case 'disable':
      return disable(tx, source, prepared, user);
    case 'enable':
      return bring(tx, source, prepared, user, 'active');
    case 'update':
      return bring(tx, source, prepared, user, user.state);
  }
}

/**
 * A plan was let through for what it said then: whoever has lost a role since does not get it back by it (T-21). Plans of releases
 * before said nothing of roles, and give none; the next run finds what is left out here.
 */
const raisesUnasked = ({ change, record }: Prepared, user?: UserRow): boolean =>
  !change.raises_role &&
  record !== null &&
  raisesRole(change.kind, record, user && { role: user.role, isActive: user.state === 'active' });

async function isMoreThanMember(tx: Tx, organizationId: OrganizationId, { id, role }: UserRow): Promise<boolean> {
  return role !== 'member' || (await rolesOf(tx, organizationId, id)).length > 0;
}

async function create(tx: Tx, source: Source, { change, userId, record, sealed }: Prepared): Promise<Applied> {
  const { organizationId, directoryId } = source;
  if (!record || !sealed) return skipped('gone');
  if (await isTaken(tx, organizationId, sealed.emailIndex, null)) return skipped('email_taken');
  const refusal = await assertMayRegister(tx, organizationId, {
    email: record.email,
    emailIndex: sealed.emailIndex,
  }).then(
    () => null,
    () => 'may_not_register',
  );
  if (refusal) return skipped(refusal);
  const poolIds = record.poolIds.length > 0 ? record.poolIds : [await defaultPool(tx, organizationId)];
  const { placeSealed, ...written } = sealed;
  const person = { organizationId, id: userId, role: record.role, ...written };
  await insertUser(tx, { ...person, passwordHash: NO_PASSWORD, poolIds, now: new Date() });
  await link(tx, source, { externalIndex: change.external_index, userId, placeSealed, digest: change.digest });
  await recordFact(tx, organizationId, {
    actor: systemSubject('directory', directoryId),
    action: 'user.provisioned',
    object: userSubject(userId),
    after: { role: record.role, poolIds },
  });
  const left_digest = leftAs(written, { role: record.role, state: 'active', pool_ids: [...new Set(poolIds)] });
  return { mark: { state: 'applied', user_id: userId, left_digest }, revocations: [], hasMoved: false };
}

async function disable(tx: Tx, source: Source, prepared: Prepared, user: UserRow): Promise<Applied> {
  const { organizationId, directoryId, protectedIds } = source;
  if (protectedIds.has(user.id)) return skipped('protected');
  if (user.role === 'owner' && !(await hasOtherOwner(tx, organizationId, user.id))) return skipped('last_owner');
  await rows(tx, `UPDATE app_user u SET state = 'disabled' WHERE u.organization_id = $1 AND u.id = $2`, [
    organizationId,
    user.id,
  ]);
  await deleteSessions(tx, organizationId, { userId: user.id });
  const revocations = await revoke(tx, 'user', [user.id]);
  await setDigest(tx, source, prepared);
  await recordFact(tx, organizationId, {
    actor: systemSubject('directory', directoryId),
    action: 'user.disabled',
    object: userSubject(user.id),
    before: { state: user.state },
    after: { state: 'disabled' },
  });
  const left_digest = standingDigest({ ...user, state: 'disabled' });
  return { mark: { state: 'applied', ...beforeMark(user), left_digest }, revocations, hasMoved: false };
}

/** Brings name, address, number, role and pools to what the directory says, and the person into this state. */
async function bring(
  tx: Tx,
  source: Source,
  prepared: Prepared,
  user: UserRow,
  state: UserRow['state'],
): Promise<Applied> {
  const { organizationId, directoryId, managed } = source;
  const { record, sealed } = prepared;
  if (!record || !sealed) return skipped('gone');
  if (await isTaken(tx, organizationId, sealed.emailIndex, user.id)) return skipped('email_taken');
  const role: Role = user.role === 'owner' ? 'owner' : record.role;
  const kept = user.pool_ids.filter((id) => !managed.has(id));
  const wanted = [...new Set([...kept, ...record.poolIds])];
  const poolIds = wanted.length > 0 ? wanted : [await defaultPool(tx, organizationId)];
  await writePerson(tx, organizationId, user.id, { role, state, poolIds, ...sealed });
  await setDigest(tx, source, prepared);
  const before = { role: user.role, state: user.state, poolIds: user.pool_ids };
  const changed = difference(before, { role, state, poolIds: poolIds.toSorted() });
  await recordFact(tx, organizationId, {
    actor: systemSubject('directory', directoryId),
    action: state === user.state ? 'user.changed' : 'user.enabled',
    object: userSubject(user.id),
    ...changed,
  });
  return {
    mark: { state: 'applied', ...beforeMark(user), left_digest: leftAs(sealed, { role, state, pool_ids: poolIds }) },
    revocations: [],
    hasMoved: 'poolIds' in (changed.after ?? {}) || 'role' in (changed.after ?? {}),
  };
}

const leftAs = (
  { name, emailSealed, phoneSealed }: Omit<NonNullable<Prepared['sealed']>, 'placeSealed'>,
  rest: Pick<UserRow, 'role' | 'state' | 'pool_ids'>,
): Buffer =>
  standingDigest({
    ...rest,
    display_name_sealed: name.sealed,
    email_sealed: emailSealed,
    phone_sealed: phoneSealed,
  });

export async function isTaken(
  tx: Tx,
  organizationId: OrganizationId,
  emailIndex: Buffer,
  by: UserId | null,
): Promise<boolean> {
  const other = await row(
    tx,
    'SELECT u.id FROM app_user u WHERE u.organization_id = $1 AND u.email_index = $2 AND u.id IS DISTINCT FROM $3',
    [organizationId, emailIndex, by],
  );
  return other !== null;
}

/**
 * Writes what is given. Without a name, an address or a number those stay; a number that is null is taken away.
 *
 * @throws AppError `people_limit_reached` when the person would be active again, before anything is written
 */
export async function writePerson(
  tx: Tx,
  organizationId: OrganizationId,
  id: UserId,
  person: {
    role: string;
    state: string;
    poolIds: readonly string[];
    name?: SealedName;
    emailIndex?: Buffer;
    emailSealed?: Buffer;
    phoneSealed?: Buffer | null;
  },
): Promise<void> {
  if (person.state === 'active') await assertRoomFor(tx, organizationId, id);
  await rows(
    tx,
    `UPDATE app_user u SET role = $3, state = $4, display_name_sealed = coalesce($5::bytea, u.display_name_sealed),
       name_indexed = coalesce(sha256($5::bytea), u.name_indexed), email_index = coalesce($6, u.email_index),
       email_sealed = coalesce($7, u.email_sealed), phone_sealed = CASE WHEN $8 THEN $9 ELSE u.phone_sealed END
     WHERE u.organization_id = $1 AND u.id = $2`,
    [
      organizationId,
      id,
      person.role,
      person.state,
      person.name?.sealed ?? null,
      person.emailIndex ?? null,
      person.emailSealed ?? null,
      person.phoneSealed !== undefined,
      person.phoneSealed ?? null,
    ],
  );
  if (person.name) await writeBeginnings(tx, organizationId, [{ id, ...person.name }]);
  await rows(
    tx,
    'DELETE FROM pool_user p WHERE p.organization_id = $1 AND p.user_id = $2 AND p.pool_id <> ALL($3::uuid[])',
    [organizationId, id, person.poolIds],
  );
  await rows(
    tx,
    `INSERT INTO pool_user (organization_id, pool_id, user_id)
     SELECT $1, p.id, $2 FROM pool p WHERE p.organization_id = $1 AND p.id = ANY($3::uuid[]) ON CONFLICT DO NOTHING`,
    [organizationId, id, person.poolIds],
  );
}

async function link(
  tx: Tx,
  { organizationId, directoryId }: Source,
  identity: { externalIndex: Buffer; userId: UserId; placeSealed: Buffer; digest: Buffer },
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO external_identity (organization_id, source_id, external_index, user_id, place_sealed, digest)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [organizationId, directoryId, identity.externalIndex, identity.userId, identity.placeSealed, identity.digest],
  );
}

async function setDigest(tx: Tx, { organizationId, directoryId }: Source, { change, sealed }: Prepared): Promise<void> {
  await rows(
    tx,
    `UPDATE external_identity e SET digest = $4, place_sealed = coalesce($5, e.place_sealed)
     WHERE e.organization_id = $1 AND e.source_id = $2 AND e.external_index = $3`,
    [organizationId, directoryId, change.external_index, change.digest, sealed?.placeSealed ?? null],
  );
}
