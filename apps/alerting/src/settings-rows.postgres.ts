import { type AlarmSettings, alarmSettings } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';

/** How an organization alarms; the usual where it has not said. */
export async function settingsOf(tx: Tx, organizationId: OrganizationId): Promise<AlarmSettings> {
  const found = await row<{ settings: unknown }>(
    tx,
    'SELECT s.settings FROM alarm_settings s WHERE s.organization_id = $1',
    [organizationId],
  );
  return alarmSettings.parse(found?.settings ?? {});
}

export const writeSettings = (tx: Tx, organizationId: OrganizationId, settings: AlarmSettings): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO alarm_settings (organization_id, settings) VALUES ($1, $2)
     ON CONFLICT (organization_id) DO UPDATE SET settings = excluded.settings, changed_at = now()`,
    [organizationId, JSON.stringify(settings)],
  );
