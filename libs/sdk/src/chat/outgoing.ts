import { type Receipt } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import { ApiError } from '../api-error.js';
import type { RelaisConnection } from '../realtime/connection.js';

export interface OutgoingEvents {
  committed(text: string, receipt: Receipt): void;
  /** No answer yet; it is still being sent. */
  waiting(text: string): void;
  refused(text: string, error: ApiError): void;
}

const PATIENCE_MS = 1_000;

/** Sends what the person writes, line after line in their order. */
export class Outgoing {
  private readonly mine = new Set<EntryId>();
  private tail: Promise<void> = Promise.resolve();
  failures = 0;

  constructor(
    private readonly connection: RelaisConnection,
    private readonly conversationId: ConversationId,
    private readonly events: OutgoingEvents,
    private readonly giveUpAfterMs?: number,
  ) {}

  send(text: string): void {
    this.tail = this.tail.then(() => this.sendOne(text));
  }

  /** Whether this entry is one of ours, announced by its ✓ already. */
  has(id: EntryId): boolean {
    return this.mine.has(id);
  }

  /** Resolves when nothing is left to be sent. */
  settled(): Promise<void> {
    return this.tail;
  }

  private async sendOne(text: string): Promise<void> {
    const id = newId<EntryId>();
    this.mine.add(id);
    const impatience = setTimeout(() => this.events.waiting(text), PATIENCE_MS);
    try {
      const draft = { id, kind: 'message' as const, body: { text } };
      const { giveUpAfterMs } = this;
      this.events.committed(text, await this.connection.append(this.conversationId, draft, { giveUpAfterMs }));
    } catch (thrown) {
      this.failures += 1;
      this.events.refused(text, ApiError.from(thrown));
    } finally {
      clearTimeout(impatience);
    }
  }
}
