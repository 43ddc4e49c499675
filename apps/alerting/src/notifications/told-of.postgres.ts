import type { Severity } from '@relais/contracts';
import { rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';

/** Of an alarm what counts when people are told of it. */
export interface ToldOf {
  severity: Severity;
  isDrill: boolean;
  /** The device is to keep it to itself. */
  isSilent: boolean;
  contentSealed: Buffer;
}

/** Of these alarms, by id. Once for each alarm, not for each of the thousands who are told of it. */
export async function toldOf(
  tx: Tx,
  organizationId: OrganizationId,
  alarmIds: readonly string[],
): Promise<ReadonlyMap<string, ToldOf>> {
  const found = await rows<ToldOf & { id: string }>(
    tx,
    `SELECT a.id, a.severity, a.is_drill AS "isDrill", a.is_silent AS "isSilent", a.content_sealed AS "contentSealed"
     FROM alarm a WHERE a.organization_id = $1 AND a.id = ANY($2::uuid[])`,
    [organizationId, [...new Set(alarmIds)]],
  );
  return new Map(found.map(({ id, ...alarm }) => [id, alarm]));
}
