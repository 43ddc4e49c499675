import { syncEntries } from '@relais/contracts';
import { ApiError } from '../api-error.js';
import { type Backoff, backoffMs } from '../backoff.js';
import type { Applied, ConversationLogs } from './conversation-logs.js';
import type { AnswerData, Question } from './requests.js';

export interface SynchronizerOptions {
  ask(question: Question, timeoutMs: number): Promise<AnswerData>;
  applied(applied: Applied): void;
  /** Nothing is missing any more. */
  caughtUp(): void;
  /** How long a hole may heal by itself: entries overtake each other on the way. */
  gapWaitMs: number;
  requestTimeoutMs: number;
  backoff: Backoff;
}

/** Asks for what is missing, one question at a time, until nothing is. Stops while there is no socket. */
export class Synchronizer {
  private isOnline = false;
  private isAsking = false;
  private timer: NodeJS.Timeout | undefined;
  private fruitless = 0;

  constructor(
    private readonly logs: ConversationLogs,
    private readonly options: SynchronizerOptions,
  ) {}

  online(): void {
    this.isOnline = true;
    this.fruitless = 0;
    this.goOn();
  }

  offline(): void {
    this.isOnline = false;
    this.stop();
  }

  /** Something is missing, perhaps only late. */
  suspect(): void {
    if (!this.isOnline || this.isAsking || this.timer) return;
    this.later(this.options.gapWaitMs);
  }

  private goOn(): void {
    if (!this.isOnline || this.isAsking) return;
    this.stop();
    if (!this.logs.behind) return this.options.caughtUp();
    this.isAsking = true;
    void this.askOnce().then(
      (progress) => this.pace(progress),
      (thrown: unknown) => this.failed(ApiError.from(thrown)),
    );
  }

  /** @returns whether the answer brought us further */
  private async askOnce(): Promise<boolean> {
    const question: Question = { type: 'sync', heads: this.logs.question() };
    const data = await this.options.ask(question, this.options.requestTimeoutMs);
    const answer = syncEntries.output.safeParse(data);
    if (!answer.success) throw new ApiError('internal', 'invalid_answer', answer.error.message);
    const applied = this.logs.apply(answer.data);
    this.options.applied(applied);
    return applied.entries.length + applied.skipped.length + applied.gone.length > 0;
  }

  private pace(progress: boolean): void {
    this.isAsking = false;
    if (progress) this.fruitless = 0;
    if (progress || !this.logs.behind) return this.goOn();
    this.later(backoffMs(this.options.backoff, this.fruitless++));
  }

  private failed(error: ApiError): void {
    this.isAsking = false;
    if (this.isOnline) this.later(backoffMs(this.options.backoff, this.fruitless++, error.retryAfterMs));
  }

  private later(delayMs: number): void {
    this.stop();
    if (this.isOnline) this.timer = setTimeout(() => this.goOn(), delayMs);
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
