/** Who asks, as far as it matters for what they see. */
export interface Asker {
  userId: string;
  isBot: boolean;
}

/** The one who asks, as their verified token says. */
export const askerOf = ({ userId, scopes }: { userId: string; scopes?: readonly unknown[] }): Asker => ({
  userId,
  isBot: scopes !== undefined,
});

/**
 * A condition of SQL on the row `u` of app_user: whether it is there for the asker, as far as bots are concerned. `$2` is the
 * asker's id and `$3` whether the asker is a bot. A bot is there for the people it was granted to and for nobody else, and
 * only they are there for it; bots do not see one another.
 */
export const IS_THERE = `(u.id = $2::uuid OR (CASE WHEN $3::boolean THEN u.kind = 'person' ELSE u.kind = 'bot' END
    AND EXISTS (SELECT FROM bot_grant g WHERE g.organization_id = u.organization_id
      AND g.bot_id = CASE WHEN $3::boolean THEN $2::uuid ELSE u.id END
      AND CASE WHEN $3::boolean THEN u.id ELSE $2::uuid END IN (
        SELECT g.user_id UNION ALL SELECT p.user_id FROM pool_user p
        WHERE p.organization_id = g.organization_id AND p.pool_id = g.pool_id)))
  OR (NOT $3::boolean AND u.kind = 'person'))`;
