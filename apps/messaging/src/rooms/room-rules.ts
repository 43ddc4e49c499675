import type { AlarmBody, MemberRole } from '@relais/contracts';
import type { EntryId, UserId } from '@relais/kernel';
import { mostMembers } from '../conversations/conversation-rules.js';
import type { Change, Current, NewMember } from '../conversations/conversation-store.js';

export interface Keeping {
  join: readonly NewMember[];
  /** Said with those who join. */
  reason: 'emergency' | undefined;
  entries: readonly { id: EntryId; body: AlarmBody }[];
  closes: boolean;
}

/** What is left to do. @returns the lines to write, and who finds no room any more */
export function decideKeeping(current: Current, keeping: Keeping): { changes: Change[]; leftOut: UserId[] } {
  if (current.isClosed) return { changes: [], leftOut: [] };
  const fresh = keeping.join.filter(({ userId }) => !current.roles.has(userId));
  const room = Math.max(0, mostMembers(current.kind) - current.members);
  const joining = Map.groupBy(fresh.slice(0, room), ({ role }) => role);
  return {
    changes: [
      ...[...joining].map(([role, members]) => adding(role, members, keeping.reason)),
      ...keeping.entries.map(({ id, body }): Change => ({ kind: 'alarm', id, body })),
      ...(keeping.closes ? [{ kind: 'closed', body: {} } satisfies Change] : []),
    ],
    leftOut: fresh.slice(room).map(({ userId }) => userId),
  };
}

function adding(role: MemberRole, members: readonly NewMember[], reason: Keeping['reason']): Change {
  const userIds = members.map(({ userId }) => userId);
  return {
    kind: 'membership',
    body: { change: 'added', userIds, role, ...(reason ? { reason } : {}) },
    add: [...members],
  };
}
