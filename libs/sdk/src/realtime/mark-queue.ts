import type { ClientFrame } from '@relais/contracts';
import type { ConversationId } from '@relais/kernel';

type Mark = Extract<ClientFrame, { type: 'mark' }>['marks'][number];

const MARKS_PER_FRAME = 200;

/** The higher of each watermark. */
const raised = (a: Mark | undefined, b: Mark): Mark => ({
  conversationId: b.conversationId,
  ...highest('delivered', a, b),
  ...highest('read', a, b),
});

function highest<Name extends 'delivered' | 'read'>(
  name: Name,
  a: Mark | undefined,
  b: Mark,
): Partial<Record<Name, number>> {
  const value = Math.max(a?.[name] ?? -1, b[name] ?? -1);
  return value < 0 ? {} : ({ [name]: value } as Record<Name, number>);
}

/**
 * How far was received and read, coalesced: at most one frame per `intervalMs`, with the highest value of each
 * conversation. Marks are not answered, so those sent over a socket that is lost are sent again over the next.
 */
export class MarkQueue {
  private waiting = new Map<ConversationId, Mark>();
  private unsure = new Map<ConversationId, Mark>();
  private timer: NodeJS.Timeout | undefined;
  private isOnline = false;

  constructor(
    private readonly send: (frame: ClientFrame) => boolean,
    private readonly intervalMs: number,
  ) {}

  add(mark: Mark): void {
    this.waiting.set(mark.conversationId, raised(this.waiting.get(mark.conversationId), mark));
    this.timer ??= this.isOnline ? setTimeout(() => this.flush(), this.intervalMs) : undefined;
  }

  online(): void {
    this.isOnline = true;
    for (const [id, mark] of this.unsure) this.waiting.set(id, raised(this.waiting.get(id), mark));
    this.unsure.clear();
    this.flush();
  }

  /** The socket is alive a while after these were sent: as good as received. */
  heartbeat(): void {
    this.unsure.clear();
  }

  offline(): void {
    this.isOnline = false;
    this.stop();
  }

  flush(): void {
    this.stop();
    const marks = [...this.waiting.values()];
    for (let start = 0; start < marks.length; start += MARKS_PER_FRAME) {
      const some = marks.slice(start, start + MARKS_PER_FRAME);
      if (!this.send({ type: 'mark', marks: some })) return;
      for (const mark of some) {
        this.waiting.delete(mark.conversationId);
        this.unsure.set(mark.conversationId, raised(this.unsure.get(mark.conversationId), mark));
      }
    }
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
