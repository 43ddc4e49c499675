import type { ConversationId, OrganizationId } from '@relais/kernel';
import { entryAcknowledged, gapLeft, liveEvent, repaired } from '../metrics.js';
import type { LiveEntry } from './live-events.js';
import type { Person } from './person.js';

/** How long a hole may close by itself: entries overtake each other on the way. */
export const HOLD_MS = 200;
/** Entries kept that came before their turn; beyond that they are read from the log when it is theirs. */
const MAX_HELD = 256;
const RETRY_MS = { first: 250, last: 10_000 } as const;

/** Entries after a position, in order: all that whoever was asked for may see up to `upTo`. */
export interface Page {
  readonly entries: readonly LiveEntry[];
  readonly upTo: number;
}

export interface StreamOptions {
  /** Called for every seq once, in order. */
  deliver(stream: ConversationStream, entry: LiveEntry): void;
  /** Reads the entries after a position. Rejects when that is not possible now. */
  read(stream: ConversationStream, after: number): Promise<Page>;
  holdMs?: number;
  retryMs?: number;
}

/**
 * One conversation as this replica hears it. Whatever is lost, doubled or out of order on the way in comes out once and
 * in order: what is too early is held for 200 ms, then what is missing is read from the log, one read at a time.
 */
export class ConversationStream {
  /** Who hears it, and from which seq on they are known to be members. */
  readonly members = new Map<Person, number>();
  /** Gives the interest in the conversation's subject back; undefined for direct ones. */
  release: (() => void) | undefined;
  /** Where typing goes, once somebody typed. */
  typingSubjects: Promise<readonly string[]> | undefined;
  /** When an entry was last handed out or sighted, in ms of the steady clock. */
  movedAtMs = performance.now();
  private held: Map<number, LiveEntry> | undefined;
  private newest: Pick<LiveEntry, 'kind' | 'recordedAtMs'> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isReading = false;
  private isClosed = false;
  private sightedUpTo: number;

  constructor(
    readonly organizationId: OrganizationId,
    readonly conversationId: ConversationId,
    /** The last seq handed out. */
    private last: number,
    private readonly options: StreamOptions,
  ) {
    this.sightedUpTo = last;
  }

  get lastSeq(): number {
    return this.last;
  }

  /** The highest seq known to exist. */
  get head(): number {
    return this.sightedUpTo;
  }

  get isBehind(): boolean {
    return this.last < this.sightedUpTo;
  }

  /** Takes an entry from the bus. @returns false when it had been handed out before */
  offer(entry: LiveEntry): boolean {
    if (entry.seq <= this.last || this.held?.has(entry.seq)) return false;
    if (entry.seq > this.last + 1) {
      liveEvent('held');
      this.held ??= new Map();
      if (this.held.size < MAX_HELD) this.held.set(entry.seq, entry);
      this.sighted(entry.seq);
      return true;
    }
    this.sightedUpTo = Math.max(this.sightedUpTo, entry.seq);
    this.handOut(entry);
    this.handOutHeld();
    return true;
  }

  /** The log is known to reach this far. */
  sighted(head: number): void {
    if (head > this.sightedUpTo) {
      this.sightedUpTo = head;
      this.movedAtMs = performance.now();
    }
    if (this.isBehind) this.repairLater();
  }

  /** A device has everything up to `seq`. */
  acknowledged(seq: number): void {
    if (seq === this.last && this.newest) entryAcknowledged(this.newest);
  }

  /** Nobody is interested any more. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.held = undefined;
    this.release?.();
  }

  private handOut(entry: LiveEntry): void {
    const { seq, kind, recordedAtMs, path } = entry;
    this.last = seq;
    this.newest = path === 'online' ? { kind, recordedAtMs } : undefined;
    this.movedAtMs = performance.now();
    this.options.deliver(this, entry);
  }

  private handOutHeld(): void {
    while (this.held && !this.isClosed) {
      const next = this.held.get(this.last + 1);
      if (!next) break;
      this.held.delete(next.seq);
      this.handOut(next);
    }
    if (this.held?.size === 0) this.held = undefined;
    if (this.isBehind) this.repairLater();
    else this.calm();
  }

  private calm(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private repairLater(delayMs = this.options.holdMs ?? HOLD_MS): void {
    if (this.timer || this.isReading || this.isClosed) return;
    this.timer = setTimeout(() => void this.repair(), delayMs);
  }

  private async repair(): Promise<void> {
    this.timer = undefined;
    this.isReading = true;
    let pauseMs = this.options.retryMs ?? RETRY_MS.first;
    while (this.isBehind && !this.isClosed) {
      try {
        this.apply(await this.options.read(this, this.last));
        repaired('ok');
      } catch {
        repaired('failed');
        await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())).unref());
        pauseMs = Math.min(2 * pauseMs, RETRY_MS.last);
      }
    }
    this.isReading = false;
  }

  /**
   * A seq that a page passes over is one that nobody here may see, or that is gone with a restored database: waiting for
   * it would hold everything after it for ever.
   */
  private apply({ entries, upTo }: Page): void {
    if (this.isClosed) return;
    for (const entry of entries) {
      if (this.isClosed || entry.seq <= this.last) continue;
      if (entry.seq > this.last + 1) gapLeft();
      this.held?.delete(entry.seq);
      this.handOut(entry);
    }
    if (upTo > this.last) this.passOver(upTo);
    else if (entries.length === 0) this.believeOnlyHeld();
    this.handOutHeld();
  }

  private passOver(upTo: number): void {
    gapLeft();
    this.last = upTo;
    this.sightedUpTo = Math.max(this.sightedUpTo, upTo);
    for (const seq of this.held?.keys() ?? []) if (seq <= upTo) this.held?.delete(seq);
  }

  /** The log ends here: what was sighted beyond is what lies here waiting, or was never there. */
  private believeOnlyHeld(): void {
    const firstHeld = Math.min(...(this.held?.keys() ?? []));
    if (Number.isFinite(firstHeld)) this.passOver(firstHeld - 1);
    else this.sightedUpTo = this.last;
  }
}
