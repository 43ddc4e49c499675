import type { GroupDocument } from './group-document.js';
import { readMembers } from './group-document.js';
import type { MemberChange } from './group-members.postgres.js';
import type { Operation } from './patch-operations.js';
import { badRequest } from './scim-error.js';

const ONE_MEMBER = /^members\[\s*value\s+eq\s+"([\w-]{1,64})"\s*\]$/i;

export interface GroupPatch {
  document: Partial<GroupDocument>;
  members: MemberChange[];
}

/** What operations say of a group: members are never loaded to change them. What is not kept is not looked at. */
export function readGroupPatch(operations: readonly Operation[]): GroupPatch {
  const patch: GroupPatch = { document: {}, members: [] };
  for (const operation of operations) {
    const { op, path = '', value } = operation;
    if (path.startsWith('members')) patch.members.push(memberChange(operation));
    else if (path === 'displayName' && op !== 'remove') patch.document.displayName = value as string;
    else if (path === 'externalId') patch.document.externalId = op === 'remove' ? undefined : (value as string);
    else if (path === 'displayName') throw badRequest('mutability', 'a group needs its displayName');
  }
  return patch;
}

function memberChange({ op, path = '', value }: Operation): MemberChange {
  const [, one] = ONE_MEMBER.exec(path) ?? [];
  if (one !== undefined && op === 'remove') return { kind: 'remove', ids: [one.toLowerCase()] };
  if (path !== 'members') throw badRequest('invalidPath', 'members, or members[value eq "id"] to remove one');
  if (op === 'remove')
    return value === undefined ? { kind: 'set', ids: [] } : { kind: 'remove', ids: readMembers(value) };
  return { kind: op === 'add' ? 'add' : 'set', ids: readMembers(value) };
}
