import type { EntryKind } from '@relais/contracts';
import type { ConversationId, EntryId, UserId } from '@relais/kernel';
import type { Draft, TargetProblem } from './entry-store.js';

/** What is known of an entry that another one changes. */
export interface Target {
  conversationId: ConversationId;
  id: EntryId;
  kind: EntryKind;
  senderId: UserId;
  /** Deleted, or its time is over. */
  isCleared: boolean;
  expiresAt?: Date | null | undefined;
}

/**
 * Which drafts change something they may not: only messages can be edited, deleted or reacted to; only by who wrote them,
 * or a moderator deletes. A target may come earlier in the same commit.
 */
export function targetProblems(drafts: readonly Draft[], stored: readonly Target[]): Map<number, TargetProblem> {
  const known = new Map(stored.map((target) => [keyOf(target), target]));
  const problems = new Map<number, TargetProblem>();
  drafts.forEach((draft, index) => {
    const { conversationId, id, kind, senderId, targetId } = draft;
    known.set(keyOf(draft), { conversationId, id, kind, senderId, isCleared: false });
    if (!targetId) return;
    const target = known.get(keyOf({ conversationId, id: targetId }));
    const problem = problemOf(draft, target);
    if (problem) problems.set(index, problem);
    else if (kind === 'deletion' && target) target.isCleared = true;
  });
  return problems;
}

function problemOf(draft: Draft, target: Target | undefined): TargetProblem | undefined {
  if (!target || target.kind !== 'message') return 'target_not_found';
  // Deleting what is deleted already is what a second device does that was offline meanwhile.
  if (target.isCleared && draft.kind !== 'deletion') return 'target_not_found';
  const mayChange =
    draft.kind === 'reaction' || target.senderId === draft.senderId || (draft.kind === 'deletion' && draft.isModerator);
  return mayChange ? undefined : 'not_your_entry';
}

/** When the content of each draft ends: after its own time, and that of an edit no later than what it edits. */
export function expiriesOf(
  drafts: readonly Draft[],
  stored: readonly Target[],
  recordedAt: Date,
): (Date | undefined)[] {
  const ends = new Map(stored.map((target) => [keyOf(target), target.expiresAt?.getTime() ?? Infinity]));
  return drafts.map((draft) => {
    const { conversationId, kind, targetId, ttlSeconds } = draft;
    const own = ttlSeconds > 0 ? recordedAt.getTime() + ttlSeconds * 1_000 : Infinity;
    const edited = kind === 'edit' && targetId ? ends.get(keyOf({ conversationId, id: targetId })) : undefined;
    const end = Math.min(own, edited ?? Infinity);
    ends.set(keyOf(draft), end);
    return Number.isFinite(end) ? new Date(end) : undefined;
  });
}

const keyOf = ({ conversationId, id }: { conversationId: ConversationId; id: EntryId }) => `${conversationId}/${id}`;
