import type { Roster } from '@relais/contracts';
import { row, rows, type Tx, violates } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { DutyRules } from './on-duty.js';

export interface RosterRow {
  id: string;
  document_sealed: Buffer;
  rules: DutyRules;
  hand_over: Roster['handOver'];
  remind_after_minutes: number;
  qualification_id: string | null;
}

const COLUMNS = 'r.id, r.document_sealed, r.rules, r.hand_over, r.remind_after_minutes, r.qualification_id';

export const findRoster = (tx: Tx, organizationId: OrganizationId, id: string): Promise<RosterRow | null> =>
  row<RosterRow>(tx, `SELECT ${COLUMNS} FROM roster r WHERE r.organization_id = $1 AND r.id = $2`, [
    organizationId,
    id,
  ]);

/** Holds it until the transaction ends: changes of a roster, shifts and confirmations come one after the other. */
export const lockRoster = (tx: Tx, organizationId: OrganizationId, id: string): Promise<RosterRow | null> =>
  row<RosterRow>(tx, `SELECT ${COLUMNS} FROM roster r WHERE r.organization_id = $1 AND r.id = $2 FOR UPDATE`, [
    organizationId,
    id,
  ]);

/** All, or those of these ids. */
export const listRosterRows = (tx: Tx, organizationId: OrganizationId, ids?: readonly string[]): Promise<RosterRow[]> =>
  rows<RosterRow>(
    tx,
    `SELECT ${COLUMNS} FROM roster r WHERE r.organization_id = $1 AND ($2::uuid[] IS NULL OR r.id = ANY($2)) ORDER BY r.id`,
    [organizationId, ids ?? null],
  );

export interface NewRoster {
  id: string;
  documentSealed: Buffer;
  addressIndex: Buffer | null;
  layers: Roster['layers'];
  handOver: Roster['handOver'];
  remindAfterMinutes: number;
  qualificationId: string | null;
}

/** Keeps the overrides that it has. @returns null when another roster has its address */
export async function writeRoster(
  tx: Tx,
  organizationId: OrganizationId,
  roster: NewRoster,
): Promise<RosterRow | null> {
  const rules: DutyRules = { layers: roster.layers, overrides: [] };
  try {
    return await row<RosterRow>(
      tx,
      `INSERT INTO roster AS r (organization_id, id, document_sealed, address_index, rules, hand_over, remind_after_minutes,
         qualification_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (organization_id, id) DO UPDATE SET document_sealed = excluded.document_sealed,
         address_index = excluded.address_index, rules = r.rules || jsonb_build_object('layers', excluded.rules -> 'layers'),
         hand_over = excluded.hand_over, remind_after_minutes = excluded.remind_after_minutes,
         qualification_id = excluded.qualification_id, changed_at = now()
       RETURNING ${COLUMNS}`,
      [
        ...[organizationId, roster.id, roster.documentSealed, roster.addressIndex, JSON.stringify(rules)],
        ...[roster.handOver, roster.remindAfterMinutes, roster.qualificationId],
      ],
    );
  } catch (error) {
    if (violates(error, 'roster_address_key')) return null;
    throw error;
  }
}

export const writeOverrides = (
  tx: Tx,
  organizationId: OrganizationId,
  id: string,
  overrides: DutyRules['overrides'],
): Promise<unknown> =>
  rows(
    tx,
    `UPDATE roster r SET rules = r.rules || jsonb_build_object('overrides', $3::jsonb), changed_at = now()
     WHERE r.organization_id = $1 AND r.id = $2`,
    [organizationId, id, JSON.stringify(overrides)],
  );

export async function dropRoster(tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> {
  const gone = await rows(tx, 'DELETE FROM roster r WHERE r.organization_id = $1 AND r.id = $2 RETURNING r.id', [
    organizationId,
    id,
  ]);
  return gone.length === 1;
}

/** Which of these there are, by id or by the index of their address. */
export const findRosterIds = async (
  tx: Tx,
  organizationId: OrganizationId,
  { ids, addresses }: { ids: readonly string[]; addresses: readonly Buffer[] },
): Promise<{ id: string; address_index: Buffer | null }[]> =>
  rows(
    tx,
    `SELECT r.id, r.address_index FROM roster r
     WHERE r.organization_id = $1 AND (r.id = ANY($2::uuid[]) OR r.address_index = ANY($3::bytea[]))`,
    [organizationId, ids, addresses],
  );
