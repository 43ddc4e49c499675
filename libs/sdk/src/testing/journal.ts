import { type Entry, type Receipt, type Written, syncEntries } from '@relais/contracts';
import { type ConversationId, type UserId, newId } from '@relais/kernel';
import type { z } from 'zod';

/** What the scripted gateways of one test have recorded: per conversation, in order, each id once. */
export class Journal {
  readonly entries: Entry[] = [];

  append(conversationId: ConversationId, written: Written): { entry: Entry; receipt: Receipt } {
    const earlier = this.entries.find(({ id }) => id === written.id);
    const entry = earlier ?? this.record(conversationId, written);
    const { id, seq, recordedAt } = entry;
    return { entry, receipt: { conversationId, id, seq, recordedAt, replayed: earlier !== undefined } };
  }

  heads(): [ConversationId, number][] {
    return [...new Set(this.entries.map((entry) => entry.conversationId))].map((id) => [id, this.of(id).length]);
  }

  /** At most `pageSize` entries, like a server that has much to say. */
  sync(heads: [ConversationId, number][], pageSize = 10): z.infer<typeof syncEntries.output> {
    const from = new Map(heads);
    const missing = this.entries.filter(({ conversationId, seq }) => seq > (from.get(conversationId) ?? 0));
    const page = missing.slice(0, pageSize);
    const more = page.length < missing.length;
    const changed = this.heads().map(([conversationId, head]) => {
      const entries = page.filter((entry) => entry.conversationId === conversationId);
      return { conversationId, head, upTo: more ? (entries.at(-1)?.seq ?? 0) : head, entries };
    });
    return { changed: changed.filter(({ entries }) => entries.length > 0), gone: this.strangers(heads), more };
  }

  private strangers(heads: [ConversationId, number][]): ConversationId[] {
    return heads.map(([id]) => id).filter((id) => this.of(id).length === 0);
  }

  private of(id: ConversationId): Entry[] {
    return this.entries.filter((entry) => entry.conversationId === id);
  }

  private record(conversationId: ConversationId, written: Written): Entry {
    const position = { conversationId, seq: this.of(conversationId).length + 1, senderId: newId<UserId>() };
    const entry = { ...written, ...position, recordedAt: new Date().toISOString() };
    this.entries.push(entry);
    return entry;
  }
}
