import { addMembers, changeRole, LIMITS, type MemberRole, removeMember, updateConversation } from '@relais/contracts';
import { newId, type UserId } from '@relais/kernel';
import {
  assertModerates,
  decideAdding,
  decideDeparting,
  decideRemoving,
  decideRole,
  mostMembers,
  usualRole,
} from './conversation-rules.js';
import type { Current } from './conversation-store.js';

const [alice, bob, carol] = [newId<UserId>(), newId<UserId>(), newId<UserId>()];

/** A group that Alice moderates and Bob writes in; Carol would take over. */
const aGroup = (more: Partial<Current> & { roles?: ReadonlyMap<UserId, MemberRole> } = {}): Current => ({
  kind: 'group',
  isClosed: false,
  members: 3,
  actorRole: 'moderator',
  roles: new Map([
    [alice, 'moderator'],
    [bob, 'writer'],
  ]),
  moderators: 1,
  heir: carol,
  ...more,
});
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('changing a conversation', () => {
  const change = (current: Current) => () => assertModerates(updateConversation, current);

  it('is for moderators, and in a direct conversation for both', () => {
    expect(change(aGroup())).not.toThrow();
    expect(change(aGroup({ kind: 'direct', actorRole: 'writer' }))).not.toThrow();
    for (const actorRole of ['reader', 'writer'] as const)
      expect(change(aGroup({ actorRole }))).toThrow(code('may_not_moderate'));
  });

  it('tells those who are not in nothing, not even that it is closed', () => {
    expect(change(aGroup({ actorRole: null, isClosed: true }))).toThrow(code('conversation_not_found'));
  });

  it('ends when it is closed', () => {
    expect(change(aGroup({ isClosed: true }))).toThrow(code('conversation_closed'));
  });
});

describe('adding members', () => {
  const add = (current: Current, userIds: UserId[], role?: MemberRole) =>
    decideAdding(addMembers, current, userIds, role);

  it('writes one line about those who are new, each once', () => {
    const dave = newId<UserId>();

    expect(add(aGroup(), [bob, carol, carol, dave])).toEqual([
      {
        kind: 'membership',
        body: { change: 'added', userIds: [carol, dave], role: 'writer' },
        add: [
          { userId: carol, role: 'writer' },
          { userId: dave, role: 'writer' },
        ],
      },
    ]);
  });

  it('writes nothing when all are in already, whatever role was asked for', () => {
    expect(add(aGroup(), [bob], 'moderator')).toEqual([]);
  });

  it('gives the role asked for, else the usual one', () => {
    const roleIn = (current: Current, role?: MemberRole) => add(current, [carol], role)[0]?.body;

    expect(roleIn(aGroup({ kind: 'channel' }))).toMatchObject({ role: 'reader' });
    expect(roleIn(aGroup({ kind: 'channel' }), 'writer')).toMatchObject({ role: 'writer' });
    expect([usualRole('group'), usualRole('direct')]).toEqual(['writer', 'writer']);
  });

  it('fills a conversation to its limit and not beyond', () => {
    for (const [kind, limit] of [
      ['group', LIMITS.groupMembers],
      ['channel', LIMITS.channelMembers],
    ] as const) {
      expect(mostMembers(kind)).toBe(limit);
      expect(add(aGroup({ kind, members: limit - 1 }), [carol])).toHaveLength(1);
      expect(() => add(aGroup({ kind, members: limit }), [carol])).toThrow(code('too_many_members'));
      expect(add(aGroup({ kind, members: limit }), [bob])).toEqual([]);
    }
  });

  it.each([
    ['to a direct conversation', { kind: 'direct' as const, actorRole: 'writer' as const }, 'direct_is_fixed'],
    ['by who does not moderate', { actorRole: 'writer' as const }, 'may_not_moderate'],
    ['by a stranger', { actorRole: null }, 'conversation_not_found'],
    ['after the end', { isClosed: true }, 'conversation_closed'],
  ])('is refused %s', (_, more, expected) => {
    expect(() => add(aGroup(more), [carol])).toThrow(code(expected));
  });
});

describe('leaving and removing', () => {
  const remove = (current: Current, actorId: UserId, userId: UserId) =>
    decideRemoving(removeMember, current, actorId, userId);
  const out = (change: 'left' | 'removed', userId: UserId) => ({
    kind: 'membership',
    body: { change, userIds: [userId] },
    remove: [userId],
  });
  const takesOver = {
    kind: 'membership',
    body: { change: 'role', userIds: [carol], role: 'moderator' },
    roles: [{ userId: carol, role: 'moderator' }],
  };

  it('tells who left from who was removed', () => {
    expect(remove(aGroup({ actorRole: 'writer' }), bob, bob)).toEqual([out('left', bob)]);
    expect(remove(aGroup(), alice, bob)).toEqual([out('removed', bob)]);
  });

  it('is always allowed for oneself, even when the conversation is closed', () => {
    expect(remove(aGroup({ actorRole: 'reader', isClosed: true }), bob, bob)).toHaveLength(1);
  });

  it('hands the last moderator’s role on, where there is somebody', () => {
    expect(remove(aGroup(), alice, alice)).toEqual([out('left', alice), takesOver]);
    expect(remove(aGroup({ moderators: 2 }), alice, alice)).toEqual([out('left', alice)]);
    expect(remove(aGroup({ heir: null, members: 1 }), alice, alice)).toEqual([out('left', alice)]);
  });

  it.each([
    ['from a direct conversation', { kind: 'direct' as const }, bob, 'direct_is_fixed'],
    ['by who does not moderate', { actorRole: 'writer' as const }, bob, 'may_not_moderate'],
    ['by a stranger', { actorRole: null }, bob, 'conversation_not_found'],
    ['after the end', { isClosed: true }, bob, 'conversation_closed'],
    ['of somebody who is not in', {}, carol, 'member_not_found'],
  ])('is refused %s', (_, more, userId, expected) => {
    expect(() => remove(aGroup(more), alice, userId)).toThrow(code(expected));
  });

  it('happens everywhere to a person who left the organization: closed and direct ones too, and only once', () => {
    expect(decideDeparting(aGroup({ actorRole: 'moderator', isClosed: true }), alice)).toEqual([
      out('left', alice),
      takesOver,
    ]);
    expect(decideDeparting(aGroup({ kind: 'direct', moderators: 0 }), bob)).toEqual([out('left', bob)]);
    expect(decideDeparting(aGroup({ actorRole: null }), carol)).toEqual([]);
  });
});

describe('changing a role', () => {
  const change = (current: Current, userId: UserId, role: MemberRole) => decideRole(changeRole, current, userId, role);

  it('is one line, and none when it is the same', () => {
    expect(change(aGroup(), bob, 'moderator')).toEqual([
      {
        kind: 'membership',
        body: { change: 'role', userIds: [bob], role: 'moderator' },
        roles: [{ userId: bob, role: 'moderator' }],
      },
    ]);
    expect(change(aGroup(), bob, 'writer')).toEqual([]);
    expect(change(aGroup(), alice, 'moderator')).toEqual([]);
  });

  it('leaves one moderator at least', () => {
    expect(() => change(aGroup(), alice, 'writer')).toThrow(code('last_moderator'));
    expect(change(aGroup({ moderators: 2 }), alice, 'writer')).toHaveLength(1);
  });

  it.each([
    ['in a direct conversation', { kind: 'direct' as const }, bob, 'direct_is_fixed'],
    ['by who does not moderate', { actorRole: 'reader' as const }, bob, 'may_not_moderate'],
    ['by a stranger', { actorRole: null }, bob, 'conversation_not_found'],
    ['after the end', { isClosed: true }, bob, 'conversation_closed'],
    ['of somebody who is not in', {}, carol, 'member_not_found'],
  ])('is refused %s', (_, more, userId, expected) => {
    expect(() => change(aGroup(more), userId, 'reader')).toThrow(code(expected));
  });
});
