import type { Entry } from '@relais/contracts';
import type { ConversationId, EntryId } from '@relais/kernel';
import { newId } from '@relais/kernel';
import { ApiError, RelaisConnection, type RelaisSession } from '@relais/sdk';
import type { Random } from './random.js';

/** What became of something a client sent: committed under a number, refused, or unknown to the client. */
export type Outcome =
  | { kind: 'pending' }
  | { kind: 'ok'; seq: number }
  | { kind: 'refused'; code: string }
  | { kind: 'unknown'; code: string };

export interface Sent {
  conversationId: ConversationId;
  id: EntryId;
  text: string;
  outcome: Outcome;
}

export interface AppliedEntry {
  seq: number;
  id: EntryId;
  text: string;
}

const textOf = (entry: Entry): string => (entry.kind === 'message' && entry.body ? entry.body.text : `(${entry.kind})`);

/** One person's device that writes, and remembers all it sent and all it was shown, in order. */
export class SimClient {
  readonly sent: Sent[] = [];
  readonly applied = new Map<ConversationId, AppliedEntry[]>();
  readonly connection: RelaisConnection;
  private counter = 0;
  /** Pairs keep their conversation over several runs of one world: texts must not repeat. */
  private readonly run = newId();

  constructor(
    readonly name: string,
    readonly session: RelaisSession,
    gateways: readonly string[],
    random: Random,
  ) {
    this.connection = new RelaisConnection({
      gateways,
      tokens: session,
      backoff: { baseMs: 200, capMs: 2_000, random },
      requestTimeoutMs: 3_000,
    });
    this.connection.on('entry', (entry) => this.apply(entry));
  }

  get userId() {
    return this.session.tokens.userId;
  }

  async start(): Promise<void> {
    this.connection.connect();
    await this.connection.whenOnline();
  }

  /** Writes and remembers; never throws: what came of it is in the history. */
  async send(conversationId: ConversationId): Promise<void> {
    const text = `${this.run}/${this.name}/${this.counter++}`;
    const sent: Sent = { conversationId, id: newId<EntryId>(), text, outcome: { kind: 'pending' } };
    this.sent.push(sent);
    try {
      const { seq } = await this.connection.append(
        conversationId,
        { id: sent.id, kind: 'message', body: { text } },
        { giveUpAfterMs: 90_000 },
      );
      sent.outcome = { kind: 'ok', seq };
    } catch (thrown) {
      const { code, retryable } = ApiError.from(thrown);
      const isUnknown = retryable || code === 'gave_up' || code === 'connection_closed';
      sent.outcome = isUnknown ? { kind: 'unknown', code } : { kind: 'refused', code };
    }
  }

  /** How far it has come in a conversation. */
  head(conversationId: ConversationId): number {
    return this.connection.heads().get(conversationId) ?? 0;
  }

  get pending(): number {
    return this.sent.filter(({ outcome }) => outcome.kind === 'pending').length;
  }

  async stop(): Promise<void> {
    await this.connection.close();
  }

  private apply(entry: Entry): void {
    const log = this.applied.get(entry.conversationId) ?? [];
    log.push({ seq: entry.seq, id: entry.id, text: textOf(entry) });
    this.applied.set(entry.conversationId, log);
  }
}
