import type { Entry, LiveEvent } from '@relais/contracts';
import { type ConversationId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import { Announcer } from './announcer.js';

const organizationId = newId<OrganizationId>();
const [alice, bob, carol] = [newId<UserId>(), newId<UserId>(), newId<UserId>()];
const conversationId = newId<ConversationId>();
const direct = { conversationId, kind: 'direct', directUserIds: [alice, bob] } as const;
const channel = { conversationId, kind: 'channel', directUserIds: [] } as const;
const onUser = (userId: UserId) => `live.${organizationId}.user.${userId}`;
const onConversation = `live.${organizationId}.conversation.${conversationId}`;

describe('an announcement', () => {
  const entry = { conversationId, seq: 1, kind: 'message', body: { text: 'x' } } as Entry;
  const receipt = { type: 'receipt', conversationId, userId: alice, delivered: 3, read: 2 } as const;
  let sent: [string, LiveEvent][];
  let woken: number;
  let announcer: Announcer;

  beforeEach(() => {
    sent = [];
    woken = 0;
    announcer = new Announcer(
      { publish: (subject, data) => void sent.push([subject, JSON.parse(data as string) as LiveEvent]) },
      { wake: () => void woken++ },
    );
  });

  it('of an entry goes to the two people of a direct conversation, and wakes the relay of durable events', () => {
    announcer.entry(organizationId, direct, entry);

    expect(sent).toEqual([alice, bob].map((userId) => [onUser(userId), { type: 'entry', entry }]));
    expect(woken).toBe(1);
  });

  it('of an entry goes once to the subject of a larger one, and to those who come or go', () => {
    announcer.entry(organizationId, channel, entry, [carol]);

    expect(sent.map(([subject]) => subject)).toEqual([onUser(carol), onConversation]);
  });

  it('of a receipt goes to the others, except in channels', () => {
    announcer.receipt(organizationId, direct, receipt);
    announcer.receipt(organizationId, channel, receipt);
    announcer.receipt(organizationId, { ...channel, kind: 'group' }, receipt);

    expect(sent.map(([subject]) => subject)).toEqual([onUser(alice), onUser(bob), onConversation]);
  });

  it('of one’s own receipt goes to one’s own devices', () => {
    announcer.ownReceipt(organizationId, receipt);

    expect(sent).toEqual([[onUser(alice), receipt]]);
  });
});
