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
  sentAtMs: number;
  /** When it was acknowledged, refused or given up. */
  answeredAtMs?: number;
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
    const id = newId<EntryId>();
    const sent: Sent = { conversationId, id, text, outcome: { kind: 'pending' }, sentAtMs: performance.now() };
    this.sent.push(sent);
    sent.outcome = await this.append(sent);
    sent.answeredAtMs = performance.now();
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

  private async append({ conversationId, id, text }: Sent): Promise<Outcome> {
    try {
      const entry = { id, kind: 'message' as const, body: { text } };
      const { seq } = await this.connection.append(conversationId, entry, { giveUpAfterMs: 90_000 });
      return { kind: 'ok', seq };
    } catch (thrown) {
      const { code, retryable } = ApiError.from(thrown);
      const isUnknown = retryable || code === 'gave_up' || code === 'connection_closed';
      return isUnknown ? { kind: 'unknown', code } : { kind: 'refused', code };
    }
  }

  private apply(entry: Entry): void {
    const log = this.applied.get(entry.conversationId) ?? [];
    log.push({ seq: entry.seq, id: entry.id, text: textOf(entry) });
    this.applied.set(entry.conversationId, log);
  }
}
