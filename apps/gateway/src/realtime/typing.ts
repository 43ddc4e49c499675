import type { Bus, Live } from '@relais/bus';
import { listMembers, live, type LiveEvent, readConversation } from '@relais/contracts';
import type { ConversationId } from '@relais/kernel';
import type { RateLimits } from '../rate-limits.js';
import type { ConversationStream } from './conversation-stream.js';
import type { Person } from './person.js';
import type { Streams } from './streams.js';

/** Shows the others that somebody is typing: soft, never stored, the first to be dropped. */
export class Typing {
  constructor(
    private readonly bus: Bus,
    private readonly live: Pick<Live, 'publish'>,
    private readonly streams: Streams,
    private readonly limits: RateLimits,
  ) {}

  /** Does nothing for who is not in the conversation, types too often, or is in a channel. Never rejects. */
  async show(person: Person, conversationId: ConversationId): Promise<void> {
    const stream = this.streams.find(person.organizationId, conversationId);
    if (!stream?.members.has(person)) return;
    const event: LiveEvent = { type: 'typing', conversationId, userId: person.userId };
    try {
      await this.limits.takeHere('typingPerUser', person.userId);
      stream.typingSubjects ??= this.subjectsOf(person, stream);
      for (const subject of await stream.typingSubjects) this.live.publish(subject, JSON.stringify(event));
    } catch {
      stream.typingSubjects = undefined;
    }
  }

  /** Asked once per conversation and replica: what kind it is does not change, nor who is in a direct one. */
  private async subjectsOf(person: Person, { conversationId }: ConversationStream): Promise<readonly string[]> {
    const { organizationId, token } = person;
    if (!token) throw new Error('nobody to ask');
    const { kind } = await this.bus.request(readConversation, { conversationId }, { token });
    if (kind === 'channel') return [];
    if (kind === 'group') return [live.conversation(organizationId, conversationId)];
    const { items } = await this.bus.request(listMembers, { conversationId, limit: 2 }, { token });
    return items
      .filter(({ userId }) => userId !== person.userId)
      .map(({ userId }) => live.user(organizationId, userId));
  }
}
