import { type Receipt, type Written, receipt } from '@relais/contracts';
import type { ConversationId, EntryId } from '@relais/kernel';
import { ApiError } from '../api-error.js';
import { type Backoff, backoffMs } from '../backoff.js';
import type { AnswerData, Question } from './requests.js';

export interface AppendQueueOptions {
  /** After this long without an answer the entry is sent again. */
  requestTimeoutMs: number;
  maxPending: number;
  /** Entries on their way at the same time, those included that wait to be repeated; the others queue behind them. */
  maxInFlight: number;
  backoff: Backoff;
}

interface Pending {
  readonly conversationId: ConversationId;
  readonly entry: Written;
  readonly promise: Promise<Receipt>;
  resolve(receipt: Receipt): void;
  reject(error: ApiError): void;
  refusals: number;
  wasSent: boolean;
  retry?: NodeJS.Timeout;
  giveUp?: NodeJS.Timeout;
}

/**
 * Entries that are not acknowledged yet. Each is sent, under the one id it was given, again and again over whatever
 * socket there is, until the server has answered it: a lost acknowledgement costs a repetition, never a second entry.
 */
export class AppendQueue {
  private readonly pending = new Map<EntryId, Pending>();
  private queued = new Set<Pending>();
  private readonly inFlight = new Set<Pending>();
  private isOnline = false;
  private closed: ApiError | undefined;
  /** Sends after the first, of all entries. */
  resent = 0;

  constructor(
    private readonly ask: (question: Question, timeoutMs: number) => Promise<AnswerData>,
    private readonly options: AppendQueueOptions,
  ) {}

  get size(): number {
    return this.pending.size;
  }

  /** Resolves when the entry is committed. An entry that is pending already is not queued twice. */
  append(conversationId: ConversationId, entry: Written, giveUpAfterMs?: number): Promise<Receipt> {
    if (this.closed) return Promise.reject(this.closed);
    const same = this.pending.get(entry.id);
    if (same) return same.promise;
    if (this.pending.size >= this.options.maxPending) {
      return Promise.reject(new ApiError('unavailable', 'too_many_pending'));
    }
    const pending: Pending = {
      ...Promise.withResolvers<Receipt>(),
      conversationId,
      entry,
      refusals: 0,
      wasSent: false,
    };
    this.pending.set(entry.id, pending);
    if (giveUpAfterMs !== undefined) pending.giveUp = setTimeout(() => this.giveUp(pending), giveUpAfterMs);
    this.queued.add(pending);
    this.pump();
    return pending.promise;
  }

  /** A socket is ready: what is unanswered goes out, oldest first. */
  online(): void {
    this.isOnline = true;
    this.pump();
  }

  /** The socket is gone: everything waits for the next one. */
  offline(): void {
    this.isOnline = false;
    for (const pending of this.inFlight) clearTimeout(pending.retry);
    this.queued = new Set([...this.inFlight, ...this.queued]);
    this.inFlight.clear();
  }

  /** Lets go of everything. Whether these entries were recorded is not known. */
  close(error: ApiError): void {
    this.isOnline = false;
    this.closed = error;
    for (const pending of [...this.pending.values()]) this.take(pending)?.reject(error);
  }

  /** A backlog sent all at once would be taken for a flood, which closes the socket for good. */
  private pump(): void {
    if (!this.isOnline) return;
    for (const pending of this.queued) {
      if (this.inFlight.size >= this.options.maxInFlight) return;
      this.queued.delete(pending);
      this.inFlight.add(pending);
      this.send(pending);
    }
  }

  private send(pending: Pending): void {
    const { conversationId, entry } = pending;
    if (pending.wasSent) this.resent += 1;
    pending.wasSent = true;
    this.ask({ type: 'append', conversationId, entry }, this.options.requestTimeoutMs).then(
      (answer) => this.answered(pending, answer),
      (thrown: unknown) => this.refused(pending, ApiError.from(thrown)),
    );
  }

  private answered(pending: Pending, answer: AnswerData): void {
    const parsed = receipt.safeParse(answer);
    if (parsed.success) this.take(pending)?.resolve(parsed.data);
    else this.take(pending)?.reject(new ApiError('internal', 'invalid_answer'));
  }

  private refused(pending: Pending, error: ApiError): void {
    if (!this.inFlight.has(pending)) return;
    // Where the token is over the socket is, too, in a moment: what comes after it decides.
    if (!error.retryable && error.kind !== 'unauthenticated') return this.take(pending)?.reject(error);
    // A lost socket needs nothing: the next one takes it.
    if (error.code === 'socket_lost') return;
    const delayMs =
      error.code === 'request_timeout' ? 0 : backoffMs(this.options.backoff, pending.refusals++, error.retryAfterMs);
    clearTimeout(pending.retry);
    pending.retry = setTimeout(() => this.send(pending), delayMs);
  }

  private giveUp(pending: Pending): void {
    this.take(pending)?.reject(new ApiError('timeout', 'gave_up', 'not answered in time; it may have been recorded'));
  }

  private take(pending: Pending): Pending | undefined {
    clearTimeout(pending.retry);
    clearTimeout(pending.giveUp);
    this.queued.delete(pending);
    this.inFlight.delete(pending);
    const isFirst = this.pending.delete(pending.entry.id);
    this.pump();
    return isFirst ? pending : undefined;
  }
}
