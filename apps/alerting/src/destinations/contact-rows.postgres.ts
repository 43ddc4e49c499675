import type { ContactKind, ContactPoint } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';

export interface ContactRow {
  id: string;
  user_id: UserId;
  kind: ContactKind;
  origin: ContactPoint['origin'];
  address_sealed: Buffer;
  address_index: Buffer;
  locale: string;
  usable_since: Date | null;
  added_at: Date;
}

const COLUMNS = `c.id, c.user_id, c.kind, c.origin, c.address_sealed, c.address_index, c.locale, c.usable_since, c.added_at`;

/** Whoever adds to what one person has comes after the others who do: what is counted then is what there is. */
export const holdPerson = (tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<unknown> =>
  rows(tx, `SELECT pg_advisory_xact_lock(hashtextextended($1 || $2, 0))`, [organizationId, userId]);

/** What somebody said themselves first, then what the organization said, then what the directory says. */
const IN_ORDER = `array_position(ARRAY['person', 'organization', 'directory'], c.origin), c.added_at, c.id`;

export const contactsOf = (tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<ContactRow[]> =>
  rows<ContactRow>(
    tx,
    `SELECT ${COLUMNS} FROM contact_point c WHERE c.organization_id = $1 AND c.user_id = $2 ORDER BY ${IN_ORDER}`,
    [organizationId, userId],
  );

export const findContact = (
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  id: string,
): Promise<ContactRow | null> =>
  row<ContactRow>(
    tx,
    `SELECT ${COLUMNS} FROM contact_point c WHERE c.organization_id = $1 AND c.user_id = $2 AND c.id = $3`,
    [organizationId, userId, id],
  );

/** Those of these people that may be used, without what only the directory says unless it is wanted. */
export const usableContacts = (
  tx: Tx,
  organizationId: OrganizationId,
  userIds: readonly UserId[],
  kind: ContactKind,
  withDirectory: boolean,
): Promise<ContactRow[]> =>
  rows<ContactRow>(
    tx,
    `SELECT ${COLUMNS} FROM contact_point c WHERE c.organization_id = $1 AND c.user_id = ANY($2::uuid[]) AND c.kind = $3
       AND c.usable_since IS NOT NULL AND ($4 OR c.origin <> 'directory') ORDER BY ${IN_ORDER}`,
    [organizationId, userIds, kind, withDirectory],
  );

export interface NewContact {
  id: string;
  userId: UserId;
  kind: ContactKind;
  origin: ContactPoint['origin'];
  sealed: Buffer;
  index: Buffer;
  locale: string;
  isUsable: boolean;
}

/** @returns null when the person has this address, or a contact point of this id */
export const insertContact = (
  tx: Tx,
  organizationId: OrganizationId,
  { id, userId, kind, origin, sealed, index, locale, isUsable }: NewContact,
): Promise<ContactRow | null> =>
  row<ContactRow>(
    tx,
    `INSERT INTO contact_point AS c (organization_id, user_id, id, kind, origin, address_sealed, address_index, locale,
       usable_since)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $9 THEN now() END)
     ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    [organizationId, userId, id, kind, origin, sealed, index, locale, isUsable],
  );

/** What the directory says is not taken away by hand. */
export const dropContact = (
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  id: string,
): Promise<ContactRow | null> =>
  row<ContactRow>(
    tx,
    `DELETE FROM contact_point c WHERE c.organization_id = $1 AND c.user_id = $2 AND c.id = $3 AND c.origin <> 'directory'
     RETURNING ${COLUMNS}`,
    [organizationId, userId, id],
  );

/** Nothing leads there any more: it is there to be seen, and of no use. @returns those that were of use until now */
export const makeUseless = (tx: Tx, organizationId: OrganizationId, id: string): Promise<{ id: string }[]> =>
  rows(
    tx,
    `UPDATE contact_point c SET usable_since = NULL
     WHERE c.organization_id = $1 AND c.id = $2 AND c.usable_since IS NOT NULL RETURNING c.id`,
    [organizationId, id],
  );

/** Everything by which a person could be reached, and how they wanted to be. */
export async function forgetPerson(tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<void> {
  const person = [organizationId, userId];
  await rows(tx, 'DELETE FROM push_registration p WHERE p.organization_id = $1 AND p.user_id = $2', person);
  await rows(tx, 'DELETE FROM contact_point c WHERE c.organization_id = $1 AND c.user_id = $2', person);
  await rows(tx, 'DELETE FROM contact_code_quota q WHERE q.organization_id = $1 AND q.user_id = $2', person);
  await rows(tx, 'DELETE FROM contact_rule r WHERE r.organization_id = $1 AND r.user_id = $2', person);
  await rows(tx, 'DELETE FROM quiet_hours q WHERE q.organization_id = $1 AND q.user_id = $2', person);
}
