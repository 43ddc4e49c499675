import type { Bus } from '@relais/bus';
import { advanceMarks, type ClientFrame } from '@relais/contracts';
import { AppError, type ConversationId } from '@relais/kernel';
import type { Log } from '@relais/observability';
import type { Person } from './person.js';

export type Mark = Extract<ClientFrame, { type: 'mark' }>['marks'][number];

const FLUSH_MS = 1_000;
const MAX_MARKS_PER_REQUEST = 200;

interface Pending {
  readonly marks: Map<ConversationId, Mark>;
  /** Kept here because the last socket may be gone by the time they are sent. */
  token: string;
  hasFailed: boolean;
}

/** Adds marks to others: of each conversation the highest counts. */
export function coalesce(into: Map<ConversationId, Mark>, marks: readonly Mark[]): void {
  for (const { conversationId, delivered, read } of marks) {
    const known = into.get(conversationId);
    into.set(conversationId, {
      conversationId,
      ...higher('delivered', known?.delivered, delivered),
      ...higher('read', known?.read, read),
    });
  }
}

const higher = (name: 'delivered' | 'read', a: number | undefined, b: number | undefined) =>
  a === undefined && b === undefined ? {} : { [name]: Math.max(a ?? 0, b ?? 0) };

/**
 * Collects how far people have received and read, and tells messaging at most once a second per person. Marks are
 * watermarks: one that is lost is covered by the next, so a failure is tried once more and then forgotten.
 */
export class Marks {
  private pending = new Map<Person, Pending>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly log: Log,
    private readonly flushMs = FLUSH_MS,
  ) {}

  note(person: Person, marks: readonly Mark[]): void {
    const { token } = person;
    if (!token) return;
    const pending = this.pending.get(person) ?? { marks: new Map(), token, hasFailed: false };
    pending.token = token;
    coalesce(pending.marks, marks);
    this.pending.set(person, pending);
    this.timer ??= setTimeout(() => void this.flush(), this.flushMs);
  }

  /** Sends what is pending now. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const due = this.pending;
    this.pending = new Map();
    await Promise.all([...due].map(([person, pending]) => this.send(person, pending)));
  }

  private async send(person: Person, { marks, token, hasFailed }: Pending): Promise<void> {
    const all = [...marks.values()];
    for (let at = 0; at < all.length; at += MAX_MARKS_PER_REQUEST) {
      const page = all.slice(at, at + MAX_MARKS_PER_REQUEST);
      try {
        await this.bus.request(advanceMarks, { marks: page }, { token });
      } catch (error) {
        if (hasFailed || !AppError.from(error).retryable) this.log.debug({ event: 'marks.lost', error });
        else this.again(person, token, page);
      }
    }
  }

  private again(person: Person, token: string, marks: readonly Mark[]): void {
    const pending = this.pending.get(person) ?? { marks: new Map(), token, hasFailed: true };
    coalesce(pending.marks, marks);
    this.pending.set(person, pending);
    this.timer ??= setTimeout(() => void this.flush(), this.flushMs);
  }
}
