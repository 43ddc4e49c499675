import type { AlarmPath, AlarmTold, Receipt, ServerFrame } from '@relais/contracts';
import type { ConversationId } from '@relais/kernel';
import { EventEmitter } from 'node:events';
import { ApiError } from '../api-error.js';
import { DEFAULT_BACKOFF } from '../backoff.js';
import { AlarmInbox } from './alarm-inbox.js';
import { AppendQueue } from './append-queue.js';
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
import { MissedAlarms } from './missed-alarms.js';
import { Requests } from './requests.js';
import { SocketKeeper } from './socket-keeper.js';
import { Synchronizer } from './synchronizer.js';

/**
 * One person's realtime connection, kept up across gateways until `close` or until the server says not to come back.
 *
 * What arrives is applied exactly once and in order; what is appended is repeated under the same id until it is answered.
 * A reconnect goes to the next gateway after a pause with full jitter. Ends in state `closed`, with no timer left.
 */
export class RelaisConnection extends EventEmitter<ConnectionEvents> {
  private readonly keeper: SocketKeeper;
  private readonly requests: Requests;
  private readonly logs: ConversationLogs;
  private readonly appends: AppendQueue;
  private readonly marks: MarkQueue;
  private readonly sync: Synchronizer;
  private readonly alarms: AlarmInbox;
  private readonly missed: MissedAlarms;
  private readonly requestTimeoutMs: number;
  private forgetTokens: () => void = () => undefined;

  constructor(private readonly options: ConnectionOptions) {
    super();
    this.setMaxListeners(0);
    const set = { ...DEFAULT_CONNECTION_OPTIONS, ...options, backoff: { ...DEFAULT_BACKOFF, ...options.backoff } };
    this.requestTimeoutMs = set.requestTimeoutMs;
    this.keeper = new SocketKeeper(set, {
      frame: (frame) => this.heard(frame),
      changed: (change) => this.changed(change),
    });
    this.requests = new Requests((frame) => this.keeper.send(frame));
    this.logs = new ConversationLogs(options.history, options.heads, options.maxBuffered);
    const ask = this.requests.ask.bind(this.requests);
    this.appends = new AppendQueue(ask, set);
    this.marks = new MarkQueue((frame) => this.keeper.send(frame), set.markIntervalMs);
    this.alarms = new AlarmInbox((frame) => this.keeper.send(frame));
    this.missed = new MissedAlarms(options.gateways, options.tokens, (told, path) => this.toldOf(told, path));
    this.sync = new Synchronizer(this.logs, {
      ...set,
      ask,
      applied: (applied) => this.apply(applied),
      caughtUp: () => this.tell(() => this.emit('caughtUp')),
    });
  }

  get state(): ConnectionState {
    return this.keeper.change.state;
  }

  /** What happened so far, for tests and dashboards. */
  get counters(): { reconnects: number; resent: number; duplicates: number; pending: number } {
    const { appends, keeper, logs } = this;
    return {
      reconnects: keeper.reconnects,
      resent: appends.resent,
      duplicates: logs.duplicates,
      pending: appends.size,
    };
  }

  /** How far each conversation was applied. Store it, and give it to the next connection as `heads`. */
  heads(): Map<ConversationId, number> {
    return this.logs.heads();
  }

  /** Starts, once; does nothing when started. Listen before calling this. */
  connect(): this {
    if (this.state !== 'idle') return this;
    this.forgetTokens = this.options.tokens.onToken((token) => this.renew(token));
    this.keeper.start();
    return this;
  }

  /** Resolves when online, now or next. @throws ApiError `connection_closed` */
  async whenOnline(): Promise<void> {
    while (this.state !== 'online') {
      if (this.state === 'closed') throw closedError(this.keeper.change);
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
    if (this.state === 'online') this.keeper.send({ type: 'typing', conversationId });
  }

  /** Says that the person has seen an alarm. */
  markAlarmShown(told: AlarmTold): void {
    this.alarms.mark(told, 'shown');
  }

  /** Leaves for good: marks go out, unanswered appends reject with `connection_closed`. */
  async close(): Promise<void> {
    if (this.state === 'online') this.marks.flush();
    await this.keeper.stop();
  }

  private heard(frame: ServerFrame): void {
    switch (frame.type) {
      case 'ready':
        return this.logs.ready(frame.heads);
      case 'answer':
      case 'refusal':
        return this.requests.settle(frame);
      case 'entry':
        return this.arrived(frame);
      case 'heartbeat':
        this.marks.heartbeat();
        if (this.logs.sighted(frame.heads)) this.sync.suspect();
        return;
      case 'receipt':
        return this.tell(() => this.emit('receipt', frame));
      case 'typing':
        return this.tell(() => this.emit('typing', frame));
      case 'alarm':
        return this.toldOf(frame);
      case 'alarm_changed':
        return this.tell(() => this.emit('alarmChanged', frame.alarm));
      case 'alarm_checklist':
        return this.tell(() => this.emit('alarmChecklist', frame));
      case 'alarm_update_due':
        return this.tell(() => this.emit('alarmUpdateDue', frame.alarmId));
      case 'duty_changed':
        return this.tell(() => this.emit('dutyChanged', frame));
      case 'security_notice':
        return this.tell(() => this.emit('securityNotice', frame.notice));
      case 'nonce':
        // The socket has taken it for its next proof.
        return;
    }
  }

  private arrived({ entry }: Extract<ServerFrame, { type: 'entry' }>): void {
    const { conversationId, seq } = entry;
    const { entries, opensGap } = this.logs.offer(entry);
    for (const next of entries) this.tell(() => this.emit('entry', next));
    if (!opensGap) return;
    this.tell(() => this.emit('gap', { conversationId, arrivedSeq: seq }));
    this.sync.suspect();
  }

  private toldOf(told: AlarmTold, path?: AlarmPath): void {
    if (this.alarms.arrived(told, path))
      this.tell(() => this.emit(told.alarm.isSilent ? 'silentAlarm' : 'alarm', told));
  }

  private apply({ entries, skipped, gone }: Applied): void {
    for (const range of skipped) this.tell(() => this.emit('skipped', range));
    for (const entry of entries) this.tell(() => this.emit('entry', entry));
    for (const id of gone) this.tell(() => this.emit('gone', id));
  }

  private changed(change: StateChange): void {
    if (change.state === 'offline' || change.state === 'closed') this.goOffline();
    if (change.state === 'closed') this.forgetTokens();
    this.tell(() => this.emit('state', change));
    if (change.state === 'closed') this.appends.close(closedError(change));
    // A listener may have closed meanwhile.
    if (change.state === 'online' && this.state === 'online') this.goOnline();
  }

  private goOnline(): void {
    this.appends.online();
    this.marks.online();
    this.sync.online();
    this.missed.online();
  }

  private goOffline(): void {
    this.appends.offline();
    this.marks.offline();
    this.sync.offline();
    this.missed.offline();
    this.requests.lost();
  }

  /** A refused renewal needs nothing here: the gateway closes when the old token ends, and we come back with the new one. */
  private renew(token: string): void {
    if (this.state !== 'online') return;
    const show = () => {
      const proof = this.keeper.proof(token);
      const question = { type: 'token' as const, token, ...(proof ? { proof } : {}) };
      return this.requests.ask(question, this.requestTimeoutMs).then(() => this.keeper.renewed(token));
    };
    // The nonce came right before the refusal.
    const isNonceMissing = (thrown: unknown) => ApiError.from(thrown).code === 'use_dpop_nonce';
    show()
      .catch((thrown: unknown) => (isNonceMissing(thrown) ? show() : undefined))
      .catch(() => undefined);
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

const closedError = ({ end }: StateChange): ApiError =>
  new ApiError('unavailable', 'connection_closed', `closed: ${end?.code} (${end?.closeCode})`, { retryable: false });
