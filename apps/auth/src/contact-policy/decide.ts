import type { ContactMode, ContactRule, ContactVerb, Role } from '@relais/contracts';
import type { PoolId, UserId } from '@relais/kernel';

export type Rights = Readonly<Record<ContactVerb, boolean>>;

/** The mode, and what the table of pools says: from whose people, to whose. */
export interface ContactRules {
  mode: ContactMode;
  cells: ReadonlyMap<PoolId, ReadonlyMap<PoolId, Rights>>;
}

/** Somebody as far as it matters for whom they meet. */
export interface Person {
  id: UserId;
  role: Role;
  poolIds: readonly PoolId[];
  /** Of a bot: whom it was granted to. A person has none. */
  audience?: { userIds: readonly UserId[]; poolIds: readonly PoolId[] };
}

export interface Decision {
  allowed: boolean;
  rule: ContactRule;
  /** The two pools that allow it. */
  decisive?: { from: PoolId; to: PoolId };
}

const ALL: Rights = { see: true, message: true, alarm: true };
const allow = (rule: ContactRule): Decision => ({ allowed: true, rule });
const refuse = (rule: ContactRule): Decision => ({ allowed: false, rule });

/**
 * Whether one person may see, message or alarm another, and the rule that says so. Who is in several pools may what any of
 * them may. Pure; both are taken to be active people of the one organization.
 */
export function decide(rules: ContactRules, from: Person, to: Person, verb: ContactVerb): Decision {
  if (from.id === to.id) return allow('self');
  if (from.audience || to.audience) return decideBot(from, to);
  if (rules.mode === 'open') return allow('open');
  if (isAdministrator(from)) return allow('administrator');
  if (rules.mode === 'closed') return isAdministrator(to) ? allow('to_administrator') : refuse('closed');
  const reached = poolsReached(rules, from.poolIds, verb);
  const pool = to.poolIds.find((id) => reached.has(id));
  if (pool !== undefined) {
    const by = reached.get(pool) as PoolId;
    const isOwn = by === pool && !rules.cells.get(by)?.has(pool);
    return {
      allowed: true,
      rule: isOwn || rules.mode === 'pools' ? 'shared_pool' : 'matrix',
      decisive: { from: by, to: pool },
    };
  }
  return refuse(rules.mode === 'pools' ? 'no_shared_pool' : 'not_in_matrix');
}

/** The pools whose people are reached, each with the pool that allows it: one's own where that is enough. */
export function poolsReached(
  { mode, cells }: ContactRules,
  poolIds: readonly PoolId[],
  verb: ContactVerb,
): ReadonlyMap<PoolId, PoolId> {
  const reached = new Map<PoolId, PoolId>();
  for (const own of poolIds) {
    const said = mode === 'matrix' ? cells.get(own) : undefined;
    if ((said?.get(own) ?? ALL)[verb]) reached.set(own, own);
    for (const [pool, rights] of said ?? []) if (rights[verb] && !reached.has(pool)) reached.set(pool, own);
  }
  return reached;
}

/** Whether two may be in one conversation: when either may message the other, so that who was written to may answer. */
export function mayShare(rules: ContactRules, one: Person, other: Person): boolean {
  // A bot passes nothing on by itself; whoever adds it answers for that, and people stay apart all the same.
  if (one.audience || other.audience) return true;
  return decide(rules, one, other, 'message').allowed || decide(rules, other, one, 'message').allowed;
}

export const isAdministrator = ({ role }: Pick<Person, 'role'>): boolean => role !== 'member';

/** Bots are there for those they were granted to, both ways, and never for each other; no mode changes that. */
function decideBot(from: Person, to: Person): Decision {
  const [bot, person] = from.audience ? [from, to] : [to, from];
  const { userIds, poolIds } = bot.audience as NonNullable<Person['audience']>;
  const isGranted =
    !person.audience && (userIds.includes(person.id) || person.poolIds.some((pool) => poolIds.includes(pool)));
  return isGranted ? allow('bot_audience') : refuse('not_in_bot_audience');
}
