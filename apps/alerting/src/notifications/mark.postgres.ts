import type { AlarmMark, AlarmPath, Severity } from '@relais/contracts';
import { rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { AT_PLACES, type Held, hold, keyOf, placesOf } from './held-rows.postgres.js';
import { toldOf } from './told-of.postgres.js';

/** A telling that a device has, and whether it was not known before. */
export interface Marked {
  severity: Severity;
  isSilent: boolean;
  path: AlarmPath;
  isNew: boolean;
  afterSeconds: number;
}

/** What devices say of themselves. Marks of others, and of tellings that never were, change nothing. */
export async function mark(
  tx: Tx,
  organizationId: OrganizationId,
  marks: readonly (AlarmMark & { userId: UserId })[],
): Promise<Marked[]> {
  const held = await hold(tx, organizationId, marks);
  const shown = new Set(marks.filter(({ state }) => state === 'shown').map(keyOf));
  const isShown = (one: Held) => shown.has(keyOf(one));
  const written = [
    ...(await write(tx, organizationId, held.filter(isShown), true)),
    ...(await write(
      tx,
      organizationId,
      held.filter((one) => !isShown(one)),
      false,
    )),
  ];
  const alarms = await toldOf(
    tx,
    organizationId,
    written.map(({ alarmId }) => alarmId),
  );
  return written.flatMap(({ alarmId, ...rest }) => {
    const alarm = alarms.get(alarmId);
    return alarm ? [{ ...rest, severity: alarm.severity, isSilent: alarm.isSilent }] : [];
  });
}

interface Written {
  alarmId: string;
  path: AlarmPath;
  isNew: boolean;
  afterSeconds: number;
}

async function write(
  tx: Tx,
  organizationId: OrganizationId,
  held: readonly Held[],
  isShown: boolean,
): Promise<Written[]> {
  if (held.length === 0) return [];
  return rows<Written>(
    tx,
    `UPDATE notification n SET received_at = coalesce(n.received_at, clock_timestamp()),
       shown_at = CASE WHEN $3::boolean THEN coalesce(n.shown_at, clock_timestamp()) ELSE n.shown_at END,
       state = CASE WHEN $3 OR n.state = 'shown' THEN 'shown' ELSE 'received' END
     WHERE n.organization_id = $1 AND ${AT_PLACES}
     RETURNING n.alarm_id AS "alarmId", n.path, n.received_at >= statement_timestamp() AS "isNew",
       extract(epoch FROM n.received_at - n.queued_at)::float8 AS "afterSeconds"`,
    [organizationId, placesOf(held), isShown],
  );
}
