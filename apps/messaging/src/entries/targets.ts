import type { EntryKind } from '@relais/contracts';
import type { ConversationId, EntryId, UserId } from '@relais/kernel';
import { keptUntil, SAID } from '../keeping/said.js';
import type { Draft, TargetProblem } from './entry-store.js';

/** What is known of an entry that another one changes. */
export interface Target {
  conversationId: ConversationId;
  id: EntryId;
  kind: EntryKind;
  senderId: UserId;
  recordedAt: Date;
  /** Deleted, or its time is over. */
  isCleared: boolean;
  /** By its own time alone. */
  expiresAt?: Date | null | undefined;
}

type Judged = Pick<Target, 'kind' | 'senderId' | 'isCleared'>;

/**
 * Which drafts change something they may not: only messages can be edited, deleted or reacted to; only by who wrote them,
 * or a moderator deletes. A target may come earlier in the same commit.
 */
export function targetProblems(drafts: readonly Draft[], stored: readonly Target[]): Map<number, TargetProblem> {
  const known = new Map<string, Judged>(stored.map((target) => [keyOf(target), target]));
  const problems = new Map<number, TargetProblem>();
  drafts.forEach((draft, index) => {
    const { conversationId, kind, senderId, targetId } = draft;
    known.set(keyOf(draft), { kind, senderId, isCleared: false });
    if (!targetId) return;
    const target = known.get(keyOf({ conversationId, id: targetId }));
    const problem = problemOf(draft, target);
    if (problem) problems.set(index, problem);
    else if (kind === 'deletion' && target) target.isCleared = true;
  });
  return problems;
}

function problemOf(draft: Draft, target: Judged | undefined): TargetProblem | undefined {
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

/**
 * When the content of each draft ends as things stand: at its own end, or by how long the organization keeps what is said, with
 * what it changes.
 */
export function endsOf(
  drafts: readonly Draft[],
  stored: readonly Target[],
  own: readonly (Date | undefined)[],
  recordedAt: Date,
  keepDays: number | null,
): (Date | undefined)[] {
  if (keepDays === null) return [...own];
  const recorded = new Map(stored.map((target) => [keyOf(target), target.recordedAt]));
  return drafts.map(({ conversationId, kind, targetId }, index) => {
    const end = own[index];
    if (!SAID.has(kind)) return end;
    const since = targetId && recorded.get(keyOf({ conversationId, id: targetId }));
    const kept = keptUntil(since || recordedAt, keepDays);
    return end && end < kept ? end : kept;
  });
}

const keyOf = ({ conversationId, id }: { conversationId: ConversationId; id: EntryId }) => `${conversationId}/${id}`;
