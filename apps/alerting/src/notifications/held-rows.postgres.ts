import type { AlarmPath } from '@relais/contracts';
import { rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Round } from './notification-rows.postgres.js';

/** Which notification. */
export interface NotificationKey extends Round {
  userId: UserId;
  path: AlarmPath;
}

export interface Held extends NotificationKey {
  /** Where the row lies while it is held: what is written finds it by this. */
  place: string;
  attempt: number;
}

/**
 * Holds these notifications until the transaction ends, those that are there. Each is looked up by its whole key, in the order of keys:
 * thousands at once are neither joined by a planner that takes the table for empty, which goes through all of an alarm for each
 * person, nor held in an order in which two wait for each other.
 */
export async function hold(tx: Tx, organizationId: OrganizationId, keys: readonly NotificationKey[]): Promise<Held[]> {
  const wanted = keys.map(({ alarmId, step, cycle, userId, path }) => ({ alarmId, step, cycle, userId, path }));
  return rows<Held>(
    tx,
    `SELECT k.*, h.place, h.attempt
     FROM (SELECT DISTINCT r.* FROM jsonb_to_recordset($2::jsonb)
       AS r ("alarmId" uuid, step int, cycle int, "userId" uuid, path text) ORDER BY 1, 2, 3, 4, 5) k
     CROSS JOIN LATERAL (
       SELECT n.ctid::text AS place, n.attempt FROM notification n
       WHERE n.organization_id = $1 AND n.alarm_id = k."alarmId" AND n.step = k.step AND n.cycle = k.cycle
         AND n.user_id = k."userId" AND n.path = k.path FOR NO KEY UPDATE) h`,
    [organizationId, JSON.stringify(wanted)],
  );
}

/** The same for the same notification, however its alarm's id was written. */
export const keyOf = ({ alarmId, step, cycle, userId, path }: NotificationKey): string =>
  `${alarmId.toLowerCase()}.${step}.${cycle}.${userId}.${path}`;

/** As PostgreSQL writes arrays; the driver would look for quotes in each of them. */
export const placesOf = (held: readonly { place: string }[]): string =>
  `{${held.map(({ place }) => `"${place}"`).join(',')}}`;

/**
 * Rows `n` that lie at the places of the second parameter. Asked for in a scalar subquery, by which the planner takes them for few: where
 * it knows how many they are, and believes a table that has just been filled to be small, it reads all of an organization and looks
 * for each of its rows among them.
 */
export const AT_PLACES = 'n.ctid = ANY((SELECT $2::tid[])::tid[])';
