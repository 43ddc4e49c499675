import type { AlarmPath } from '@relais/contracts';
import { rows, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { LEASE } from './hand.js';
import { AT_PLACES, type Held, placesOf } from './held-rows.postgres.js';
import { type ToldOf, toldOf } from './told-of.postgres.js';

/**
 * A notification in the hands of this replica until its lease ends; `attempt` says whose it is. Its `place` is where its row has lain
 * since it was taken, for as long as nobody else writes it.
 */
export interface Claimed extends Held, ToldOf {
  id: string;
}

interface Due extends Held {
  id: string;
  isStopped: boolean;
}

export interface Claiming {
  paths: readonly AlarmPath[];
  limit: number;
}

/**
 * Takes what is to be sent next, and what a replica took and never finished. Looks once more whether the alarm still tells them: an
 * answer that was committed before this stops it (R-AL5).
 */
export async function claim(tx: Tx, organizationId: OrganizationId, claiming: Claiming): Promise<Claimed[]> {
  for (;;) {
    const due = await holdDue(tx, organizationId, claiming);
    const stopped = due.filter(({ isStopped }) => isStopped);
    const going = due.filter(({ isStopped }) => !isStopped);
    if (stopped.length > 0) await skip(tx, organizationId, placesOf(stopped));
    if (going.length > 0) return take(tx, organizationId, going);
    if (due.length < claiming.limit) return [];
  }
}

/**
 * Who has answered or was relieved, or whose alarm tells nobody any more, is not told; nor told again when a replica ended with it
 * in its hands. A step that wants everybody goes on until it is over. Looked up by key for each: see `hold`.
 */
const STOPPED = `SELECT r.answer IS NOT NULL OR r.handed_over_at IS NOT NULL OR a.state IN ('all_clear', 'cancelled', 'expired')
    OR (a.stopped_at IS NOT NULL AND NOT (s.rules ->> 'needsEveryone')::boolean)
  FROM alarm_recipient r, alarm a, alarm_step s
  WHERE r.organization_id = $1 AND r.alarm_id = d."alarmId" AND r.user_id = d."userId"
    AND a.organization_id = $1 AND a.id = d."alarmId"
    AND s.organization_id = $1 AND s.alarm_id = d."alarmId" AND s.step = d.step`;

const holdDue = (tx: Tx, organizationId: OrganizationId, { paths, limit }: Claiming): Promise<Due[]> =>
  rows<Due>(
    tx,
    `SELECT d.*, coalesce((${STOPPED}), false) AS "isStopped" FROM (
       SELECT n.ctid::text AS place, n.id, n.alarm_id AS "alarmId", n.step, n.cycle, n.user_id AS "userId", n.path, n.attempt
       FROM notification n
       WHERE n.organization_id = $1 AND n.state IN ('queued', 'sending') AND n.next_attempt_at <= clock_timestamp()
         AND n.path = ANY($3::text[])
       ORDER BY n.priority, n.next_attempt_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) d`,
    [organizationId, limit, paths],
  );

const skip = (tx: Tx, organizationId: OrganizationId, places: string): Promise<unknown> =>
  rows(tx, `UPDATE notification n SET state = 'skipped' WHERE n.organization_id = $1 AND ${AT_PLACES}`, [
    organizationId,
    places,
  ]);

async function take(tx: Tx, organizationId: OrganizationId, due: readonly Due[]): Promise<Claimed[]> {
  const taken = await rows<{ id: string; place: string }>(
    tx,
    `UPDATE notification n SET state = 'sending', attempt = n.attempt + 1,
       next_attempt_at = clock_timestamp() + make_interval(secs => ${LEASE})
     WHERE n.organization_id = $1 AND ${AT_PLACES} RETURNING n.id, n.ctid::text AS place`,
    [organizationId, placesOf(due)],
  );
  const placeOf = new Map(taken.map(({ id, place }) => [id, place]));
  const alarms = await toldOf(
    tx,
    organizationId,
    due.map(({ alarmId }) => alarmId),
  );
  return due.flatMap(({ isStopped: _, attempt, ...key }) => {
    const [alarm, place] = [alarms.get(key.alarmId), placeOf.get(key.id)];
    return alarm && place ? [{ ...key, ...alarm, place, attempt: attempt + 1 }] : [];
  });
}
