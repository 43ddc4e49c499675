import type { Live } from '@relais/bus';
import { live } from '@relais/contracts';
import type { ConversationId, OrganizationId } from '@relais/kernel';
import { ConversationStream, type StreamOptions } from './conversation-stream.js';
import type { Person } from './person.js';

/** Two organizations may have chosen the same conversation id: the subject tells them apart. */
const keyOf = (organizationId: OrganizationId, conversationId: ConversationId): string =>
  `${organizationId}.${conversationId}`;

/** Where a person comes into a conversation. */
export interface Entrance {
  readonly conversationId: ConversationId;
  /** The person is known to be a member as of this seq. */
  readonly sinceSeq: number;
  /** Entries come on the two people's own subjects, so the conversation's needs no interest. */
  readonly isDirect: boolean;
}

/** The conversations that somebody on this replica hears. */
export class Streams {
  private readonly byKey = new Map<string, ConversationStream>();

  constructor(
    private readonly bus: Pick<Live, 'want'>,
    private readonly options: StreamOptions,
    /** Called for a stream whose subject was just subscribed: what was published before that is not heard. */
    private readonly isNew: (stream: ConversationStream) => void,
  ) {}

  get size(): number {
    return this.byKey.size;
  }

  all(): IterableIterator<ConversationStream> {
    return this.byKey.values();
  }

  find(organizationId: OrganizationId, conversationId: ConversationId): ConversationStream | undefined {
    return this.byKey.get(keyOf(organizationId, conversationId));
  }

  /** Adds a person to a conversation's hearers; a conversation nobody heard so far starts after `sinceSeq`. */
  join(person: Person, { conversationId, sinceSeq, isDirect }: Entrance): ConversationStream {
    const stream =
      this.find(person.organizationId, conversationId) ??
      this.open(person.organizationId, conversationId, sinceSeq, isDirect);
    if (!stream.members.has(person)) stream.members.set(person, sinceSeq);
    person.streams.add(stream);
    stream.sighted(sinceSeq);
    return stream;
  }

  /** From now on nothing of the conversation reaches the person. The last to leave closes it. */
  leave(person: Person, stream: ConversationStream): void {
    person.streams.delete(stream);
    if (!stream.members.delete(person) || stream.members.size > 0) return;
    this.byKey.delete(keyOf(stream.organizationId, stream.conversationId));
    stream.close();
  }

  leaveAll(person: Person): void {
    for (const stream of person.streams) this.leave(person, stream);
  }

  close(): void {
    for (const stream of this.byKey.values()) stream.close();
    this.byKey.clear();
  }

  private open(
    organizationId: OrganizationId,
    conversationId: ConversationId,
    after: number,
    isDirect: boolean,
  ): ConversationStream {
    const stream = new ConversationStream(organizationId, conversationId, after, this.options);
    this.byKey.set(keyOf(organizationId, conversationId), stream);
    if (isDirect) return stream;
    stream.release = this.bus.want(live.conversation(organizationId, conversationId));
    this.isNew(stream);
    return stream;
  }
}
