import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';

export interface TemplateRow {
  id: string;
  template_sealed: Buffer;
}

export const findTemplate = (tx: Tx, organizationId: OrganizationId, id: string): Promise<TemplateRow | null> =>
  row(tx, 'SELECT t.id, t.template_sealed FROM alarm_template t WHERE t.organization_id = $1 AND t.id = $2', [
    organizationId,
    id,
  ]);

export const templatesOf = (tx: Tx, organizationId: OrganizationId): Promise<TemplateRow[]> =>
  rows(tx, 'SELECT t.id, t.template_sealed FROM alarm_template t WHERE t.organization_id = $1 ORDER BY t.id', [
    organizationId,
  ]);

export const writeTemplate = (tx: Tx, organizationId: OrganizationId, id: string, sealed: Buffer): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO alarm_template (organization_id, id, template_sealed) VALUES ($1, $2, $3)
     ON CONFLICT (organization_id, id) DO UPDATE SET template_sealed = excluded.template_sealed, changed_at = now()`,
    [organizationId, id, sealed],
  );

export async function removeTemplate(tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> {
  const gone = await rows(
    tx,
    'DELETE FROM alarm_template t WHERE t.organization_id = $1 AND t.id = $2 RETURNING t.id',
    [organizationId, id],
  );
  return gone.length === 1;
}
