import type { ContactVerb } from '@relais/contracts';
import type { PoolId } from '@relais/kernel';
import { type ContactRules, isAdministrator, type Person, poolsReached } from './decide.js';

/** Whom of the people somebody reaches: what `decide` says, in a form that one statement of SQL can look for. */
export interface Reach {
  everybody: boolean;
  administrators: boolean;
  poolIds: readonly PoolId[];
}

export function reachOf(rules: ContactRules, person: Person, verb: ContactVerb): Reach {
  // Whom a bot reaches is the bot's audience: see bots/bot-visibility.postgres.ts.
  const everybody = rules.mode === 'open' || isAdministrator(person) || person.audience !== undefined;
  const isClosed = rules.mode === 'closed';
  const poolIds = everybody || isClosed ? [] : [...poolsReached(rules, person.poolIds, verb).keys()];
  return { everybody, administrators: isClosed, poolIds };
}

/**
 * A condition of SQL on the row `u` of app_user: whether it is within a reach. `$2` is the asker's id and `$4` the reach as
 * JSON. Bots pass: see bots/bot-visibility.postgres.ts.
 */
export const IS_WITHIN = `(u.kind <> 'person' OR u.id = $2::uuid OR ($4::jsonb ->> 'everybody')::boolean
  OR (u.role <> 'member' AND ($4::jsonb ->> 'administrators')::boolean)
  OR EXISTS (SELECT FROM pool_user w WHERE w.organization_id = u.organization_id AND w.user_id = u.id
    AND ($4::jsonb -> 'poolIds') ? w.pool_id::text))`;
