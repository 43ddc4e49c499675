import type { FactState, Revocation } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import { writePerson } from '../directory/apply-change.postgres.js';
import { difference, recordFact, userSubject } from '../facts/record-fact.js';
import { NO_PASSWORD } from '../passwords/password-hasher.js';
import { defaultPool } from '../pools/pool-rows.postgres.js';
import { assertMayRegister } from '../registration-policy/may-register.js';
import type { SealedName } from '../sealing/personal-data.js';
import { insertUser, type UserRow } from '../users/user-rows.postgres.js';
import { putOut, takePutOut } from './put-out.postgres.js';
import { clientSubject, type ScimClient } from './scim-client.js';
import { ScimError } from './scim-error.js';
import { amongOf } from './scim-resources.js';
import { insertResource, type ResourceRow, setPutOut, updateResource } from './scim-rows.postgres.js';
import type { UserDocument } from './user-document.js';

export interface SealedPerson {
  email: string;
  emailIndex: Buffer;
  emailSealed: Buffer;
  name: SealedName;
  /** Null where the client says none, or none that can be called. */
  phoneSealed: Buffer | null;
  /** Whether it says only such as cannot be called: then the person has none, and the fact says so. */
  hasBadPhone: boolean;
  placeSealed: Buffer;
  documentSealed: Buffer;
  nameIndex: Buffer;
  externalIndex: Buffer | null;
  identityIndex: Buffer;
}

interface NewPerson {
  id: UserId;
  document: UserDocument;
  sealed: SealedPerson;
  now: Date;
}

/** Stands where directories keep a digest: SCIM compares nothing. */
const NO_DIGEST = Buffer.alloc(32);

/** Makes a person without a password, in the default pool, as one of this client's. */
export async function createPerson(
  tx: Tx,
  client: ScimClient,
  { id, document, sealed, now }: NewPerson,
): Promise<void> {
  const { organizationId, clientId } = client;
  await assertEmailFree(tx, organizationId, sealed.emailIndex, null);
  await assertMayRegister(tx, organizationId, sealed);
  const poolIds = [await defaultPool(tx, organizationId)];
  const person = { organizationId, id, role: 'member' as const, ...sealed };
  const state = document.active === false ? 'disabled' : 'active';
  await insertUser(tx, { ...person, passwordHash: NO_PASSWORD, poolIds, now, state });
  await insertResource(tx, amongOf(client, 'User'), { id, ...sealed, now });
  await rows(
    tx,
    `INSERT INTO external_identity (organization_id, source_id, external_index, user_id, place_sealed, digest)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [organizationId, clientId, sealed.identityIndex, id, sealed.placeSealed, NO_DIGEST],
  );
  if (state === 'disabled') await setPutOut(tx, amongOf(client, 'User'), id, true);
  await recordFact(tx, organizationId, {
    actor: clientSubject(clientId),
    action: 'user.provisioned',
    object: userSubject(id),
    after: { role: person.role, state, poolIds, ...phoneProblem(sealed) },
  });
}

export interface Change extends NewPerson {
  user: UserRow;
  found: ResourceRow;
  before: UserDocument;
}

/**
 * Brings a person to what the client says. Whoever somebody else put out stays out: a client takes back only what it did.
 * Without a difference nothing is written.
 */
export async function changePerson(tx: Tx, client: ScimClient, change: Change): Promise<Revocation[]> {
  const { organizationId } = client;
  const { id, user, found, document, sealed, now } = change;
  const among = amongOf(client, 'User');
  await assertEmailFree(tx, organizationId, sealed.emailIndex, id);
  const isOut = document.active === false && user.state === 'active';
  const isIn = document.active === true && user.state === 'disabled' && found.is_put_out;
  const isSame = JSON.stringify(plain(change.before)) === JSON.stringify(plain(document));
  if (isSame && !isOut && !isIn) return [];
  if (isOut) await takePutOut(tx, client, user, now);
  const state = isOut ? 'disabled' : isIn ? 'active' : user.state;
  await writePerson(tx, organizationId, id, { role: user.role, state, poolIds: user.pool_ids, ...sealed });
  await updateResource(tx, among, { id, ...sealed, now });
  if (isOut || isIn) await setPutOut(tx, among, id, isOut);
  await recordFact(tx, organizationId, {
    actor: clientSubject(client.clientId),
    action: isOut ? 'user.disabled' : isIn ? 'user.enabled' : 'user.changed',
    object: userSubject(id),
    ...difference({ state: user.state }, { state, ...phoneProblem(sealed) }),
  });
  return isOut ? putOut(tx, client, user) : [];
}

const phoneProblem = ({ hasBadPhone }: SealedPerson): FactState => (hasBadPhone ? { problem: 'phone_invalid' } : {});

const plain = ({ active: _, ...document }: UserDocument) => sorted(document);
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([, one]) => one !== undefined)
            .map(([key, one]) => [key, sorted(one)] as const)
            .toSorted(([a], [b]) => (a < b ? -1 : 1)),
        )
      : value;

async function assertEmailFree(
  tx: Tx,
  organizationId: OrganizationId,
  emailIndex: Buffer,
  by: UserId | null,
): Promise<void> {
  const other = await row(
    tx,
    'SELECT u.id FROM app_user u WHERE u.organization_id = $1 AND u.email_index = $2 AND u.id IS DISTINCT FROM $3',
    [organizationId, emailIndex, by],
  );
  if (other) throw new ScimError(409, 'somebody has this address already', 'uniqueness');
}
