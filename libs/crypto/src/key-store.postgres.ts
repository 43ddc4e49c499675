import { withOrganization, withoutOrganization } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { DataSource, EntityManager } from 'typeorm';
import type { Wrapping } from './key-provider.js';
import { type DestroyedKey, type KeySelection, type KeySlot, KeyStore, slotName, type StoredKey } from './key-store.js';

interface KeyRow {
  id: string;
  scope_kind: string;
  scope_id: string;
  retention_class: string;
  period: string;
  ends: string;
  kek_version: number;
  wrapped: Buffer;
}

/** The day after the period of a key; the release before this one made keys for months alone, and did not say it. */
const ENDS = `coalesce(k.ends, (k.period + interval '1 month')::date)`;
const COLUMNS = `k.id, k.scope_kind, k.scope_id, k.retention_class, k.period::text AS period, ${ENDS}::text AS ends, k.kek_version, k.wrapped`;
/** The living keys of organization $1 that a selection is about, as `selected` gives it. */
const SELECTED = `k.organization_id = $1 AND k.state = 'active'
  AND ($2::text IS NULL OR k.scope_kind = $2) AND ($3::uuid IS NULL OR k.scope_id = $3)
  AND ($4::text IS NULL OR k.retention_class = $4) AND ($5::date IS NULL OR ${ENDS} <= $5)`;
const selected = ({ kind, id, retentionClass, endedBy }: KeySelection) =>
  [kind, id, retentionClass, endedBy].map((one) => one ?? null);

/** The keystore database. `db` connects as a role that is neither its owner nor a superuser. */
export class PostgresKeyStore extends KeyStore {
  constructor(private readonly db: DataSource) {
    super();
  }

  find(organizationId: OrganizationId, slots: readonly KeySlot[]): Promise<StoredKey[]> {
    return withOrganization(this.db, organizationId, (tx) => selectSlots(tx, organizationId, slots));
  }

  findByIds(organizationId: OrganizationId, ids: readonly string[]): Promise<(StoredKey | DestroyedKey)[]> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const rows: (Omit<KeyRow, 'wrapped'> & { wrapped: Buffer | null })[] = await tx.query(
        `SELECT ${COLUMNS} FROM data_key k WHERE k.organization_id = $1 AND k.id = ANY($2::uuid[])`,
        [organizationId, ids],
      );
      return rows.map((row) => {
        const { id, wrapped } = row;
        return wrapped === null ? { id, wrapped } : toKey(organizationId, { ...row, wrapped });
      });
    });
  }

  add(organizationId: OrganizationId, keys: readonly StoredKey[]): Promise<StoredKey[]> {
    // In one order, so that two who add the same slots wait for each other instead of deadlocking.
    const ordered = keys.toSorted((a, b) => (slotName(a.slot) < slotName(b.slot) ? -1 : 1));
    const slots = ordered.map((key) => key.slot);
    return withOrganization(this.db, organizationId, async (tx) => {
      await tx.query('INSERT INTO key_organization (organization_id) VALUES ($1) ON CONFLICT DO NOTHING', [
        organizationId,
      ]);
      await tx.query(
        `INSERT INTO data_key (organization_id, scope_kind, scope_id, retention_class, period, ends, id, kek_version, wrapped)
         SELECT $1, n.kind, n.scope_id, n.retention_class, n.period, n.ends, n.id, n.kek_version, n.wrapped
         FROM unnest($2::text[], $3::uuid[], $4::text[], $5::date[], $6::date[], $7::uuid[], $8::int[], $9::bytea[])
           WITH ORDINALITY AS n (kind, scope_id, retention_class, period, ends, id, kek_version, wrapped, position)
         ORDER BY n.position
         ON CONFLICT (organization_id, scope_kind, scope_id, retention_class, period) WHERE state = 'active' DO NOTHING`,
        [
          organizationId,
          ...columnsOf(slots),
          slots.map((slot) => slot.ends),
          ordered.map((key) => key.id),
          ordered.map((key) => key.kekVersion),
          ordered.map((key) => key.wrapped),
        ],
      );
      // A statement of its own sees what the others, for whom the insert has waited, have committed.
      return selectSlots(tx, organizationId, slots);
    });
  }

  destroy(organizationId: OrganizationId, selection: KeySelection, limit?: number): Promise<string[]> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const [rows]: [{ id: string }[], number] = await tx.query(
        `WITH chosen AS (SELECT k.id FROM data_key k WHERE ${SELECTED} LIMIT $6 FOR UPDATE)
         UPDATE data_key AS k SET state = 'destroyed', wrapped = NULL FROM chosen c
         WHERE k.organization_id = $1 AND k.id = c.id
         RETURNING k.id`,
        [organizationId, ...selected(selection), limit ?? null],
      );
      return rows.map((row) => row.id);
    });
  }

  count(organizationId: OrganizationId, selection: KeySelection): Promise<number> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const [row]: { count: number }[] = await tx.query(
        `SELECT count(*)::int AS count FROM data_key k WHERE ${SELECTED}`,
        [organizationId, ...selected(selection)],
      );
      return row?.count ?? 0;
    });
  }

  organizations(after: OrganizationId | null, limit: number): Promise<OrganizationId[]> {
    return withoutOrganization(this.db, async (tx) => {
      const rows: { organization_id: OrganizationId }[] = await tx.query(
        `SELECT o.organization_id FROM key_organization o
         WHERE $1::uuid IS NULL OR o.organization_id > $1 ORDER BY o.organization_id LIMIT $2`,
        [after, limit],
      );
      return rows.map((row) => row.organization_id);
    });
  }

  outdated(
    organizationId: OrganizationId,
    activeVersion: number,
    afterId: string | null,
    limit: number,
  ): Promise<StoredKey[]> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const rows: KeyRow[] = await tx.query(
        `SELECT ${COLUMNS} FROM data_key k
         WHERE k.organization_id = $1 AND k.state = 'active' AND k.kek_version < $2 AND ($3::uuid IS NULL OR k.id > $3)
         ORDER BY k.id LIMIT $4`,
        [organizationId, activeVersion, afterId, limit],
      );
      return rows.map((row) => toKey(organizationId, row));
    });
  }

  rewrap(organizationId: OrganizationId, id: string, from: Wrapping, to: Wrapping): Promise<boolean> {
    return withOrganization(this.db, organizationId, async (tx) => {
      const [, count]: [unknown[], number] = await tx.query(
        `UPDATE data_key AS k SET kek_version = $5, wrapped = $6
         WHERE k.organization_id = $1 AND k.id = $2 AND k.kek_version = $3 AND k.wrapped = $4`,
        [organizationId, id, from.kekVersion, from.wrapped, to.kekVersion, to.wrapped],
      );
      return count === 1;
    });
  }
}

async function selectSlots(
  tx: EntityManager,
  organizationId: OrganizationId,
  slots: readonly KeySlot[],
): Promise<StoredKey[]> {
  const rows: KeyRow[] = await tx.query(
    `SELECT ${COLUMNS} FROM data_key k
     JOIN unnest($2::text[], $3::uuid[], $4::text[], $5::date[]) AS s (kind, scope_id, retention_class, period)
       ON (k.scope_kind, k.scope_id, k.retention_class, k.period) = (s.kind, s.scope_id, s.retention_class, s.period)
     WHERE k.organization_id = $1 AND k.state = 'active'`,
    [organizationId, ...columnsOf(slots)],
  );
  return rows.map((row) => toKey(organizationId, row));
}

const columnsOf = (slots: readonly KeySlot[]): string[][] => [
  slots.map((slot) => slot.kind),
  slots.map((slot) => slot.id),
  slots.map((slot) => slot.retentionClass),
  slots.map((slot) => slot.period),
];

const toKey = (organizationId: OrganizationId, row: KeyRow): StoredKey => ({
  id: row.id,
  slot: {
    organizationId,
    kind: row.scope_kind,
    id: row.scope_id,
    retentionClass: row.retention_class,
    period: row.period,
    ends: row.ends,
  },
  kekVersion: row.kek_version,
  wrapped: row.wrapped,
});
