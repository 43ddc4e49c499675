import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';
import { entryDelivered, framesSent, liveEvent } from '../metrics.js';
import type { ConversationStream } from './conversation-stream.js';
import type { Hub } from './hub.js';
import {
  type LiveEntry,
  type LiveNote,
  type LiveNotice,
  type Membership,
  type Read,
  readLiveEvent,
} from './live-events.js';
import type { Person } from './person.js';
import type { Streams } from './streams.js';

type Subject =
  | { organizationId: OrganizationId; people: true }
  | { organizationId: OrganizationId; userId: UserId }
  | { organizationId: OrganizationId; conversationId: ConversationId };

/** `live.<organization>.people`, `….user.<id>` or `….conversation.<id>`: see the contracts. */
function readSubject(subject: string): Subject | undefined {
  const [, organization, kind, id] = subject.split('.');
  const organizationId = organization as OrganizationId;
  if (kind === 'people') return { organizationId, people: true };
  if (kind === 'user') return { organizationId, userId: id as UserId };
  return kind === 'conversation' ? { organizationId, conversationId: id as ConversationId } : undefined;
}

/** From the bus to the sockets: entries by way of their conversation's stream, everything else straight on. */
export class Delivery {
  constructor(
    private readonly hub: Hub,
    private readonly streams: Streams,
  ) {}

  /** Takes what arrived on a live subject. */
  receive(data: Uint8Array, subjectName: string): void {
    const event = readLiveEvent(data);
    const subject = readSubject(subjectName);
    if (!event || !subject) return liveEvent('malformed');
    if ('people' in subject) this.toMany(subject.organizationId, event);
    else if ('conversationId' in subject) this.toConversation(subject, event);
    else this.toPerson(this.hub.find(subject.organizationId, subject.userId), event);
  }

  /** Hands an entry whose turn it is to everyone who hears the conversation: see ConversationStream. */
  handOut(stream: ConversationStream, entry: LiveEntry): void {
    const { membership } = entry;
    if (membership?.change === 'added') this.comeIn(stream, entry, membership);
    let count = 0;
    const beganAtMs = performance.now();
    for (const person of stream.members.keys()) count += giveEntry(person, entry);
    framesSent('entry', count);
    liveEvent('delivered');
    if (membership?.change === 'removed' || membership?.change === 'left') this.goOut(stream, entry, membership);
    if (count > 0) entryDelivered(entry, count, (performance.now() - beganAtMs) / 1_000);
  }

  private toMany(organizationId: OrganizationId, event: Read): void {
    if (!('crowd' in event)) return liveEvent('unwanted');
    for (const userId of event.crowd.userIds) {
      const person = this.hub.find(organizationId, userId);
      if (person) giveNotice(person, event.crowd.notice);
    }
  }

  private toConversation(
    { organizationId, conversationId }: { organizationId: OrganizationId; conversationId: ConversationId },
    event: Read,
  ): void {
    if ('notice' in event || 'crowd' in event) return liveEvent('unwanted');
    const stream = this.streams.find(organizationId, conversationId);
    const said = 'entry' in event ? event.entry : event.note;
    if (!stream || said.conversationId !== conversationId) return liveEvent('unwanted');
    if ('note' in event) {
      for (const person of stream.members.keys()) giveNote(person, event.note);
    } else if (!stream.offer(event.entry)) liveEvent('duplicate');
  }

  private toPerson(person: Person | undefined, event: Read): void {
    if (!person || 'crowd' in event) return liveEvent('unwanted');
    if ('notice' in event) return giveNotice(person, event.notice);
    if ('entry' in event) return this.entryToPerson(person, event.entry);
    const stream = this.streams.find(person.organizationId, event.note.conversationId);
    if (stream?.members.has(person)) giveNote(person, event.note);
  }

  /**
   * Direct conversations come this way, and what concerns the person's own membership. It may be the first this replica
   * hears of the conversation, and it may come later than what others on this replica made the stream know already.
   */
  private entryToPerson(person: Person, entry: LiveEntry): void {
    const stream = this.streams.find(person.organizationId, entry.conversationId);
    const isHeard = stream?.members.has(person) ?? false;
    const isTooLate = !stream || entry.seq <= stream.lastSeq;
    if (takesOut(entry, person) && (isTooLate || !isHeard)) return this.goLate(person, stream, entry);
    if (!isHeard) return this.arrive(person, stream, entry);
    if (!stream?.offer(entry)) liveEvent('duplicate');
  }

  /** The first that tells this replica of the person's membership. */
  private arrive(person: Person, stream: ConversationStream | undefined, entry: LiveEntry): void {
    const { conversationId, seq, membership } = entry;
    if (person.hasLeftSince(conversationId, seq)) return liveEvent('duplicate');
    const isItsTurnToCome = stream !== undefined && seq > stream.lastSeq;
    const joined = this.streams.join(person, { conversationId, sinceSeq: seq, isDirect: membership === undefined });
    if (isItsTurnToCome) joined.offer(entry);
    else if (stream) giveEntry(person, entry);
    else this.handOut(joined, entry);
  }

  /** The stream is past this entry, which ends a membership that it may or may not have known of. */
  private goLate(person: Person, stream: ConversationStream | undefined, entry: LiveEntry): void {
    const since = stream?.members.get(person);
    person.noteLeft(entry.conversationId, entry.seq);
    if (!stream || since === undefined || since >= entry.seq) return liveEvent('duplicate');
    giveEntry(person, entry);
    this.streams.leave(person, stream);
  }

  private comeIn(stream: ConversationStream, { conversationId, seq }: LiveEntry, { userIds }: Membership): void {
    for (const userId of userIds) {
      const person = this.hub.find(stream.organizationId, userId);
      if (person) this.streams.join(person, { conversationId, sinceSeq: seq, isDirect: false });
    }
  }

  private goOut(stream: ConversationStream, { conversationId, seq }: LiveEntry, { userIds }: Membership): void {
    for (const userId of userIds) {
      const person = this.hub.find(stream.organizationId, userId);
      if (!person) continue;
      person.noteLeft(conversationId, seq);
      this.streams.leave(person, stream);
    }
  }
}

const takesOut = ({ membership }: LiveEntry, { userId }: Person): boolean =>
  (membership?.change === 'removed' || membership?.change === 'left') && membership.userIds.includes(userId);

function giveEntry(person: Person, entry: LiveEntry): number {
  const { connections } = person;
  // From the end, because a socket that has to be closed leaves the list.
  for (let at = connections.length - 1; at >= 0; at--) connections[at]?.entry(entry);
  return connections.length;
}

function giveNotice(person: Person, notice: LiveNotice): void {
  const open = [...person.connections];
  for (const connection of open) connection.notice(notice);
  framesSent(notice.type, open.length);
  liveEvent('delivered');
}

function giveNote(person: Person, note: LiveNote): void {
  if (note.type === 'typing' && note.userId === person.userId) return;
  for (const connection of [...person.connections]) connection.note(note);
}
