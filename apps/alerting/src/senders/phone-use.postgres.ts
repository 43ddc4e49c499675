import { rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { type PhonePath, REMEMBERED_SECONDS } from './throttle-rules.js';

export interface Use {
  destinationId: string;
  notificationId: string;
}

/** Nobody else looks at or uses these phones until the transaction ends. What is too long ago to matter is dropped. */
export async function holdPhones(tx: Tx, organizationId: OrganizationId, path: PhonePath, ids: readonly string[]) {
  await rows(
    tx,
    `SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('.', $1::text, $2::text, d.id), 0))
     FROM (SELECT unnest($3::text[]) AS id ORDER BY 1) d`,
    [organizationId, path, ids],
  );
  await rows(
    tx,
    `DELETE FROM phone_use u WHERE u.organization_id = $1 AND u.path = $2 AND u.destination_id = ANY($3::text[])
       AND u.used_at < clock_timestamp() - make_interval(secs => $4)`,
    [organizationId, path, ids, REMEMBERED_SECONDS],
  );
}

/** How long ago these phones were used, s, but for what is about to be repeated. */
export const usesOf = (
  tx: Tx,
  organizationId: OrganizationId,
  path: PhonePath,
  ids: readonly string[],
  repeated: readonly string[],
): Promise<{ destination_id: string; age: number }[]> =>
  rows(
    tx,
    `SELECT u.destination_id, extract(epoch FROM clock_timestamp() - u.used_at)::float8 AS age FROM phone_use u
     WHERE u.organization_id = $1 AND u.path = $2 AND u.destination_id = ANY($3::text[])
       AND u.notification_id <> ALL($4::uuid[])`,
    [organizationId, path, ids, repeated],
  );

export const noteUses = (
  tx: Tx,
  organizationId: OrganizationId,
  path: PhonePath,
  uses: readonly Use[],
): Promise<unknown> =>
  rows(
    tx,
    `INSERT INTO phone_use (organization_id, path, destination_id, notification_id)
     SELECT $1, $2, u."destinationId", u."notificationId"
     FROM jsonb_to_recordset($3::jsonb) AS u ("destinationId" text, "notificationId" uuid)
     ON CONFLICT (organization_id, destination_id, path, notification_id) DO UPDATE SET used_at = clock_timestamp()`,
    [organizationId, path, JSON.stringify(uses)],
  );

/** What was not sent after all does not count. */
export const takeBackUses = (
  tx: Tx,
  organizationId: OrganizationId,
  path: PhonePath,
  uses: readonly Use[],
): Promise<unknown> =>
  rows(
    tx,
    `DELETE FROM phone_use u USING jsonb_to_recordset($3::jsonb) AS g ("destinationId" text, "notificationId" uuid)
     WHERE u.organization_id = $1 AND u.path = $2 AND u.destination_id = g."destinationId"
       AND u.notification_id = g."notificationId"`,
    [organizationId, path, JSON.stringify(uses)],
  );

/**
 * Takes up to so many turns of the installation, of which so many come round per second; five seconds of them may be taken at
 * once. @returns how many were to be had, and how long until there are more, s
 */
export async function takeTurns(
  tx: Tx,
  path: PhonePath,
  { wanted, perSecond }: { wanted: number; perSecond: number },
): Promise<{ taken: number; waitSeconds: number }> {
  await rows(tx, `INSERT INTO pace (path, next_at) VALUES ($1, clock_timestamp()) ON CONFLICT DO NOTHING`, [path]);
  const [found] = await rows<{ taken: number; wait: number }>(
    tx,
    `WITH held AS MATERIALIZED (
       SELECT greatest(p.next_at, clock_timestamp()) AS from_at FROM pace p WHERE p.path = $1 FOR UPDATE
     ), had AS (
       SELECT h.from_at, least($2::int, greatest(0,
         floor(extract(epoch FROM clock_timestamp() + interval '5 s' - h.from_at) * $3::float8)))::int AS taken FROM held h
     )
     UPDATE pace p SET next_at = h.from_at + make_interval(secs => h.taken / $3::float8) FROM had h WHERE p.path = $1
     RETURNING h.taken, extract(epoch FROM p.next_at - clock_timestamp())::float8 AS wait`,
    [path, wanted, perSecond],
  );
  return { taken: found?.taken ?? 0, waitSeconds: Math.max(1, Math.ceil((found?.wait ?? 0) - 5 + 1 / perSecond)) };
}
