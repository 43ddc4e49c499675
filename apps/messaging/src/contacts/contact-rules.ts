import { LIMITS, type MemberRole } from '@relais/contracts';
import type { UserId } from '@relais/kernel';
import { succession } from '../conversations/conversation-rules.js';
import type { Change, Current } from '../conversations/conversation-store.js';

/** At most this many people are taken out with one line of the log. */
export const MOST_EVICTED = LIMITS.membersPerChange;

/** Takes out those who may not be here any more. Who is out already is left alone. */
export function decideEvicting(current: Current, userIds: readonly UserId[]): Change[] {
  const present = userIds.filter((userId) => current.roles.has(userId));
  if (present.length === 0 || current.isClosed) return [];
  return [
    { kind: 'membership', body: { change: 'removed', userIds: present, reason: 'policy' }, remove: present },
    ...succession(current, present),
  ];
}

/**
 * Makes a direct conversation unwritable for both, or writable again. What was said stays with both of them; both being
 * readers is what stands for it, because in a direct conversation nobody else makes one a reader.
 */
export function decideWriting(current: Current, userIds: readonly UserId[], mayWrite: boolean): Change[] {
  const role: MemberRole = mayWrite ? 'writer' : 'reader';
  const changing = userIds.filter((userId) => current.roles.has(userId) && current.roles.get(userId) !== role);
  if (changing.length === 0 || current.isClosed) return [];
  const roles = changing.map((userId) => ({ userId, role }));
  return [{ kind: 'membership', body: { change: 'role', userIds: changing, role, reason: 'policy' }, roles }];
}
