import type { Scope } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { row } from '../database/sql.js';

/** What a bot may ask for now, whatever a token of it says; null for people. */
export async function scopesOf(tx: Tx, organizationId: OrganizationId, id: UserId): Promise<readonly Scope[] | null> {
  const found = await row<{ scopes: Scope[] }>(
    tx,
    'SELECT b.scopes FROM bot b WHERE b.organization_id = $1 AND b.id = $2',
    [organizationId, id],
  );
  return found?.scopes ?? null;
}
