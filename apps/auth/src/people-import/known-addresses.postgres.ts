import type { OrganizationId, UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { rows } from '../database/sql.js';

/** Who has which of these addresses, by the index of the address in base64. */
export async function knownAmong(
  tx: Tx,
  organizationId: OrganizationId,
  emailIndexes: readonly Buffer[],
): Promise<Map<string, UserId>> {
  const found = await rows<{ id: UserId; email_index: Buffer }>(
    tx,
    'SELECT u.id, u.email_index FROM app_user u WHERE u.organization_id = $1 AND u.email_index = ANY($2::bytea[])',
    [organizationId, emailIndexes],
  );
  return new Map(found.map(({ id, email_index }) => [email_index.toString('base64'), id]));
}
