import { type Receipt, type ServerFrame } from '@relais/contracts';
import type { ConversationId } from '@relais/kernel';
import { EventEmitter } from 'node:events';
import { ApiError } from '../api-error.js';
import { type Backoff, DEFAULT_BACKOFF, backoffMs } from '../backoff.js';
import { AppendQueue } from './append-queue.js';
import { type SocketEnd, afterwards } from './close-reason.js';
import {
  type ConnectionEvents,
  type ConnectionOptions,
  type ConnectionState,
  DEFAULT_CONNECTION_OPTIONS,
  type Draft,
  type StateChange,
} from './connection-options.js';
import { type Applied, ConversationLogs } from './conversation-logs.js';
import { entryOf } from './draft.js';
import { MarkQueue } from './mark-queue.js';
import { RealtimeSocket } from './realtime-socket.js';
import { Requests } from './requests.js';
import { Synchronizer } from './synchronizer.js';

/**
 * One person's realtime connection, kept up across gateways until `close` or until the server says not to come back.
 *
 * What arrives is applied exactly once and in order; what is appended is repeated under the same id until it is answered.
 * A reconnect goes to the next gateway after a pause with full jitter. Ends in state `closed`, with no timer left.
 */
export class RelaisConnection extends EventEmitter<ConnectionEvents> {
  private readonly backoff: Backoff;
  private readonly logs: ConversationLogs;
  private readonly requests = new Requests((frame) => this.socket?.send(frame) ?? false);
  private readonly appends: AppendQueue;
  private readonly marks: MarkQueue;
  private readonly sync: Synchronizer;
  private socket: RealtimeSocket | undefined;
  private current: StateChange;
  private turn = 0;
  private attempts = 0;
  private reconnects = 0;
  private timer: NodeJS.Timeout | undefined;
  private forgetTokens: () => void = () => undefined;

  constructor(private readonly options: ConnectionOptions) {
    super();
    if (options.gateways.length === 0) throw new TypeError('RelaisConnection needs at least one gateway');
    const set = { ...DEFAULT_CONNECTION_OPTIONS, ...options };
    this.backoff = { ...DEFAULT_BACKOFF, ...options.backoff };
    this.current = { state: 'idle', gateway: this.gateway };
    this.logs = new ConversationLogs(options.history, options.heads, options.maxBuffered);
    const ask = this.requests.ask.bind(this.requests);
    this.appends = new AppendQueue(ask, { ...set, backoff: this.backoff });
    this.marks = new MarkQueue((frame) => this.socket?.send(frame) ?? false, set.markIntervalMs);
    this.sync = new Synchronizer(this.logs, {
      ...set,
      backoff: this.backoff,
      ask,
      applied: (applied) => this.apply(applied),
      caughtUp: () => this.tell(() => this.emit('caughtUp')),
    });
  }

  get state(): ConnectionState {
    return this.current.state;
  }

  /** What happened so far, for tests and dashboards. */
  get counters(): { reconnects: number; resent: number; duplicates: number; pending: number } {
    const { reconnects } = this;
    return { reconnects, resent: this.appends.resent, duplicates: this.logs.duplicates, pending: this.appends.size };
  }

  /** How far each conversation was applied. Store it, and give it to the next connection as `heads`. */
  heads(): Map<ConversationId, number> {
    return this.logs.heads();
  }

  /** Starts, once; does nothing when started. Listen before calling this. */
  connect(): this {
    if (this.state !== 'idle') return this;
    this.forgetTokens = this.options.tokens.onToken((token) => this.renew(token));
    void this.open(false);
    return this;
  }

  /** Resolves when online, now or next. @throws ApiError `connection_closed` */
  async whenOnline(): Promise<void> {
    while (this.state !== 'online') {
      if (this.state === 'closed') throw closedError(this.current.end);
      await new Promise<void>((resolve) => this.once('state', () => resolve()));
    }
  }

  /**
   * Writes an entry; resolves when it is committed. Entries appended without waiting may be recorded in another order.
   *
   * @throws ApiError of the refusal when repeating cannot help; `gave_up` after `giveUpAfterMs` (default: never) and
   * `connection_closed`, which both leave open whether it was recorded
   */
  async append(
    conversationId: ConversationId,
    draft: Draft,
    { giveUpAfterMs }: { giveUpAfterMs?: number } = {},
  ): Promise<Receipt> {
    return this.appends.append(conversationId, entryOf(conversationId, draft), giveUpAfterMs);
  }

  /** Says that everything up to `seq` was read (and so received). */
  markRead(conversationId: ConversationId, seq: number): void {
    this.marks.add({ conversationId, delivered: seq, read: seq });
  }

  /** Says that everything up to `seq` has arrived on this device. */
  markDelivered(conversationId: ConversationId, seq: number): void {
    this.marks.add({ conversationId, delivered: seq });
  }

  /** Tells the others that the person is typing; forgotten when not online. */
  typing(conversationId: ConversationId): void {
    if (this.state === 'online') this.socket?.send({ type: 'typing', conversationId });
  }

  /** Leaves for good: unanswered appends reject with `connection_closed`. */
  async close(): Promise<void> {
    if (this.state === 'online') this.marks.flush();
    if (this.state !== 'closed') this.finish({ closeCode: 1000, code: 'closed_by_client' });
    await this.socket?.close();
  }

  private get gateway(): string {
    return this.options.gateways[this.turn % this.options.gateways.length] as string;
  }

  private async open(fresh: boolean): Promise<void> {
    this.become({ state: 'connecting', gateway: this.gateway });
    let token: string;
    try {
      token = await this.options.tokens.accessToken({ fresh });
    } catch (thrown) {
      const { code, retryable, retryAfterMs } = ApiError.from(thrown);
      const end = { closeCode: 1006, code, retryAfterMs };
      return retryable ? this.comeBack(end, fresh) : this.finish(end);
    }
    if (this.state === 'closed') return;
    const readyTimeoutMs = this.options.readyTimeoutMs ?? DEFAULT_CONNECTION_OPTIONS.readyTimeoutMs;
    this.socket = new RealtimeSocket(this.gateway, token, readyTimeoutMs, {
      frame: (frame) => this.heard(frame),
      ended: (end) => this.lost(end),
    });
  }

  private heard(frame: ServerFrame): void {
    if (this.state === 'closed') return;
    switch (frame.type) {
      case 'ready':
        return this.ready(frame);
      case 'answer':
      case 'refusal':
        return this.requests.settle(frame);
      case 'entry':
        return this.arrived(frame);
      case 'heartbeat':
        this.attempts = 0;
        this.marks.heartbeat();
        if (this.logs.sighted(frame.heads)) this.sync.suspect();
        return;
      case 'receipt':
        return this.tell(() => this.emit('receipt', frame));
      case 'typing':
        return this.tell(() => this.emit('typing', frame));
    }
  }

  private ready({ heads }: Extract<ServerFrame, { type: 'ready' }>): void {
    this.logs.ready(heads);
    this.become({ state: 'online', gateway: this.gateway });
    if (this.state !== 'online') return;
    this.appends.online();
    this.marks.online();
    this.sync.online();
  }

  private arrived({ entry }: Extract<ServerFrame, { type: 'entry' }>): void {
    const { conversationId, seq } = entry;
    const { entries, opensGap } = this.logs.offer(entry);
    for (const next of entries) this.tell(() => this.emit('entry', next));
    if (!opensGap) return;
    this.tell(() => this.emit('gap', { conversationId, arrivedSeq: seq }));
    this.sync.suspect();
  }

  private apply({ entries, skipped, gone }: Applied): void {
    for (const range of skipped) this.tell(() => this.emit('skipped', range));
    for (const entry of entries) this.tell(() => this.emit('entry', entry));
    for (const id of gone) this.tell(() => this.emit('gone', id));
  }

  private lost(end: SocketEnd): void {
    if (this.state === 'closed') return;
    this.goOffline();
    const next = afterwards(end);
    if (next === 'stay_away') this.finish(end);
    else this.comeBack(end, next === 'refresh_and_reconnect');
  }

  private comeBack(end: SocketEnd, fresh: boolean): void {
    const retryInMs = backoffMs(this.backoff, this.attempts++, end.retryAfterMs);
    this.turn += 1;
    this.reconnects += 1;
    this.timer = setTimeout(() => void this.open(fresh), retryInMs);
    this.become({ state: 'offline', gateway: this.gateway, end, retryInMs });
  }

  private finish(end: SocketEnd): void {
    this.goOffline();
    clearTimeout(this.timer);
    this.forgetTokens();
    this.become({ state: 'closed', gateway: this.gateway, end });
    this.appends.close(closedError(end));
  }

  private goOffline(): void {
    this.appends.offline();
    this.marks.offline();
    this.sync.offline();
    this.requests.lost();
  }

  /** A refused renewal needs nothing here: the gateway closes when the old token ends, and we come back with the new one. */
  private renew(token: string): void {
    if (this.state !== 'online') return;
    const timeoutMs = this.options.requestTimeoutMs ?? DEFAULT_CONNECTION_OPTIONS.requestTimeoutMs;
    this.requests.ask({ type: 'token', token }, timeoutMs).catch(() => undefined);
  }

  private become(change: StateChange): void {
    this.current = change;
    this.tell(() => this.emit('state', change));
  }

  /** A listener that throws is the application's bug: it surfaces, but costs nobody the rest of the entries. */
  private tell(event: () => void): void {
    try {
      event();
    } catch (thrown) {
      queueMicrotask(() => this.emit('error', thrown));
    }
  }
}

const closedError = (end: SocketEnd | undefined): ApiError =>
  new ApiError('unavailable', 'connection_closed', `closed: ${end?.code} (${end?.closeCode})`, { retryable: false });
