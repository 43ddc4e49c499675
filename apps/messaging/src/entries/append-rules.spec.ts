import type { AppendEntry } from '@relais/contracts';
import { type ConversationId, type EntryId, newId, type UserId } from '@relais/kernel';
import { message } from '../../test/memory-log.js';
import { audienceOf, mentionsOf, ttlOf } from './append-rules.js';
import type { Standing } from './entry-store.js';

const [alice, bob, carol] = [newId<UserId>(), newId<UserId>(), newId<UserId>()];
const conversationId = newId<ConversationId>();
const target = newId<EntryId>();

const aStanding = (more: Partial<Standing> = {}): Standing => ({
  conversationId,
  userId: alice,
  kind: 'group',
  rulesVersion: 1,
  role: 'writer',
  isClosed: false,
  messageTtlSeconds: 0,
  directUserIds: [],
  ...more,
});
const edit: AppendEntry = { conversationId, id: target, kind: 'edit', body: { target, text: 'x', mentions: [bob] } };
const reaction: AppendEntry = { conversationId, id: target, kind: 'reaction', body: { target, emoji: '👍' } };

describe('how long an entry stays', () => {
  it.each([
    ['for ever, when nobody said otherwise', undefined, 0, 0],
    ['as long as asked for', 60, 0, 60],
    ['as long as the conversation says', undefined, 300, 300],
    ['as long as asked for, when that is shorter', 60, 300, 60],
    ['never longer than the conversation says', 900, 300, 300],
  ])('is %s', (_, ttlSeconds, messageTtlSeconds, expected) => {
    const command = message(conversationId, 'x', ttlSeconds ? { ttlSeconds } : {});

    expect(ttlOf(command, aStanding({ messageTtlSeconds }))).toBe(expected);
  });

  it('is the conversation’s time for edits, and for ever for what holds no words', () => {
    expect(ttlOf(edit, aStanding({ messageTtlSeconds: 300 }))).toBe(300);
    expect(ttlOf(reaction, aStanding({ messageTtlSeconds: 300 }))).toBe(0);
  });
});

describe('who is told', () => {
  it('is the other side of a direct conversation, by name', () => {
    const standing = aStanding({ kind: 'direct', directUserIds: [alice, bob] });

    expect(audienceOf(message(conversationId), standing)).toEqual({ notify: [bob], notifyAll: false });
  });

  it('is everybody in a larger one, and who is mentioned by name, each once and not oneself', () => {
    const command = message(conversationId, 'x', { mentions: [bob, alice, carol, bob] });

    expect(audienceOf(command, aStanding())).toEqual({ notify: [bob, carol], notifyAll: true });
    expect(mentionsOf(command, alice)).toEqual([bob, carol]);
  });

  it('is nobody for edits and reactions', () => {
    for (const command of [edit, reaction]) {
      expect(audienceOf(command, aStanding())).toEqual({ notify: [], notifyAll: false });
      expect(mentionsOf(command, alice)).toEqual([]);
    }
  });
});
