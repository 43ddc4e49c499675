import type { ContactRules, ContactWay } from '@relais/contracts';
import { row, rows, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { RuleSet } from './ladder.js';

interface RuleRow extends ContactWay {
  rules: RuleSet;
}

interface QuietRow {
  timeZone: string;
  days: number[];
  from: string;
  to: string;
}

export async function readRules(tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<ContactRules> {
  const all = await rows<RuleRow>(
    tx,
    `SELECT r.rules, r.path, r.silent_seconds AS "silentSeconds" FROM contact_rule r
     WHERE r.organization_id = $1 AND r.user_id = $2 ORDER BY r.rules, r.position`,
    [organizationId, userId],
  );
  const quietHours = await row<QuietRow>(
    tx,
    `SELECT q.time_zone AS "timeZone", q.days::int[] AS days, to_char(q.begins, 'HH24:MI') AS "from",
       to_char(q.ends, 'HH24:MI') AS "to" FROM quiet_hours q WHERE q.organization_id = $1 AND q.user_id = $2`,
    [organizationId, userId],
  );
  const of = (set: RuleSet) =>
    all.filter(({ rules }) => rules === set).map(({ path, silentSeconds }) => ({ path, silentSeconds }));
  return { default: of('default'), important: of('important'), ...(quietHours ? { quietHours } : {}) };
}

export async function writeRules(
  tx: Tx,
  organizationId: OrganizationId,
  userId: UserId,
  { quietHours, ...sets }: ContactRules,
): Promise<void> {
  await rows(tx, 'DELETE FROM contact_rule r WHERE r.organization_id = $1 AND r.user_id = $2', [
    organizationId,
    userId,
  ]);
  await rows(tx, 'DELETE FROM quiet_hours q WHERE q.organization_id = $1 AND q.user_id = $2', [organizationId, userId]);
  const all = Object.entries(sets).flatMap(([rules, ways]) =>
    ways.map((way, position) => ({ rules, position, ...way })),
  );
  await rows(
    tx,
    `INSERT INTO contact_rule (organization_id, user_id, rules, position, path, silent_seconds)
     SELECT $1, $2, r.rules, r.position, r.path, r."silentSeconds"
     FROM jsonb_to_recordset($3::jsonb) AS r (rules text, position integer, path text, "silentSeconds" integer)`,
    [organizationId, userId, JSON.stringify(all)],
  );
  if (!quietHours) return;
  const { timeZone, days, from, to } = quietHours;
  await rows(
    tx,
    `INSERT INTO quiet_hours (organization_id, user_id, time_zone, days, begins, ends)
     VALUES ($1, $2, $3, $4::smallint[], $5::time, $6::time)`,
    [organizationId, userId, timeZone, days, from, to],
  );
}

/** One that PostgreSQL knows, because its clock decides. */
export const isTimeZone = async (tx: Tx, name: string): Promise<boolean> =>
  (await row(tx, 'SELECT FROM pg_timezone_names z WHERE z.name = $1', [name])) !== null;
