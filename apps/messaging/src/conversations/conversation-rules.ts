import {
  type addMembers,
  type changeRole,
  LIMITS,
  type MemberRole,
  type removeMember,
  updateConversation,
} from '@relais/contracts';
import type { UserId } from '@relais/kernel';
import type { Change, Current, NewMember } from './conversation-store.js';

type Moderating = Pick<typeof updateConversation, 'fail'>;

/** Changing a conversation needs a moderator, and a conversation that is still open. */
export function assertModerates(contract: Moderating, current: Current): void {
  if (!current.actorRole) throw contract.fail('conversation_not_found');
  if (current.isClosed) throw contract.fail('conversation_closed');
  // In a direct conversation both may, as long as they may write to each other: a title is something said, too.
  const mayModerate = current.kind === 'direct' ? current.actorRole !== 'reader' : current.actorRole === 'moderator';
  if (!mayModerate) throw contract.fail('may_not_moderate');
}

/** The role a person gets who is added without one: in a channel one reads, in a group one writes. */
export const usualRole = (kind: Current['kind']): MemberRole => (kind === 'channel' ? 'reader' : 'writer');

export const mostMembers = (kind: Current['kind']): number =>
  kind === 'direct' ? 2 : kind === 'group' ? LIMITS.groupMembers : LIMITS.channelMembers;

/** Those who are in already stay as they are. */
export function decideAdding(
  contract: typeof addMembers,
  current: Current,
  userIds: readonly UserId[],
  role: MemberRole | undefined,
): Change[] {
  assertModerates(contract, current);
  if (current.kind === 'direct') throw contract.fail('direct_is_fixed');
  const fresh = [...new Set(userIds)].filter((userId) => !current.roles.has(userId));
  if (fresh.length === 0) return [];
  if (current.members + fresh.length > mostMembers(current.kind)) throw contract.fail('too_many_members');
  const given = role ?? usualRole(current.kind);
  const add = fresh.map((userId): NewMember => ({ userId, role: given }));
  return [{ kind: 'membership', body: { change: 'added', userIds: fresh, role: given }, add }];
}

/** One may always leave. When the last moderator goes, who has been there longest takes over. */
export function decideRemoving(
  contract: typeof removeMember,
  current: Current,
  actorId: UserId,
  userId: UserId,
): Change[] {
  const isLeaving = actorId === userId;
  if (!current.actorRole) throw contract.fail('conversation_not_found');
  if (current.kind === 'direct') throw contract.fail('direct_is_fixed');
  if (!isLeaving) assertModerates(contract, current);
  if (!current.roles.has(userId)) throw contract.fail('member_not_found');
  return [...departure(userId, isLeaving ? 'left' : 'removed'), ...succession(current, [userId])];
}

/** A person who is no longer in the organization leaves everything, direct conversations too. */
export function decideDeparting(current: Current, userId: UserId): Change[] {
  return current.roles.has(userId) ? [...departure(userId, 'left'), ...succession(current, [userId])] : [];
}

const departure = (userId: UserId, change: 'left' | 'removed'): Change[] => [
  { kind: 'membership', body: { change, userIds: [userId] }, remove: [userId] },
];

/** Who takes over when no moderator is left. `current` was read for those who leave. */
export function succession(current: Current, leaving: readonly UserId[]): Change[] {
  const moderators = leaving.filter((userId) => current.roles.get(userId) === 'moderator').length;
  const isLastModerator = moderators > 0 && current.moderators === moderators;
  if (!isLastModerator || !current.heir) return [];
  return [roleChange(current.heir, 'moderator')];
}

export function decideRole(contract: typeof changeRole, current: Current, userId: UserId, role: MemberRole): Change[] {
  assertModerates(contract, current);
  if (current.kind === 'direct') throw contract.fail('direct_is_fixed');
  const before = current.roles.get(userId);
  if (!before) throw contract.fail('member_not_found');
  if (before === role) return [];
  if (before === 'moderator' && current.moderators === 1) throw contract.fail('last_moderator');
  return [roleChange(userId, role)];
}

const roleChange = (userId: UserId, role: MemberRole): Change => ({
  kind: 'membership',
  body: { change: 'role', userIds: [userId], role },
  roles: [{ userId, role }],
});
