import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';

export interface PolicyRow {
  id: string;
  policy_sealed: Buffer;
}

export const findPolicy = (tx: Tx, organizationId: OrganizationId, id: string): Promise<PolicyRow | null> =>
  row<PolicyRow>(
    tx,
    'SELECT p.id, p.policy_sealed FROM escalation_policy p WHERE p.organization_id = $1 AND p.id = $2',
    [organizationId, id],
  );

export const listPolicies = (tx: Tx, organizationId: OrganizationId): Promise<PolicyRow[]> =>
  rows<PolicyRow>(
    tx,
    'SELECT p.id, p.policy_sealed FROM escalation_policy p WHERE p.organization_id = $1 ORDER BY p.id',
    [organizationId],
  );

export const putPolicy = (tx: Tx, organizationId: OrganizationId, id: string, sealed: Buffer): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO escalation_policy (organization_id, id, policy_sealed) VALUES ($1, $2, $3)
     ON CONFLICT (organization_id, id) DO UPDATE SET policy_sealed = excluded.policy_sealed, changed_at = now()`,
    [organizationId, id, sealed],
  );

export async function deletePolicy(tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> {
  const gone = await rows(
    tx,
    'DELETE FROM escalation_policy p WHERE p.organization_id = $1 AND p.id = $2 RETURNING p.id',
    [organizationId, id],
  );
  return gone.length === 1;
}
