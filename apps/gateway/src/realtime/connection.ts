import type { ClientFrame, CloseName, ServerFrame } from '@relais/contracts';
import type { ConversationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { framesSent, frameReceived, type LoadClass } from '../metrics.js';
import { type BucketSize, TokenBucket } from '../token-bucket.js';
import { decodeFrame, encodeFrame } from './frames.js';
import type { LiveEntry, LiveNote, LiveNotice } from './live-events.js';
import { Outlet } from './outlet.js';
import type { Person } from './person.js';
import type { RealtimeSocket } from './realtime-socket.js';

/** Entries kept for a socket between its hello and its `ready`. */
const MAX_EARLY = 512;

/** How many frames of any kind a socket may send: past `frames` requests are refused, past `flood` it is closed. */
export interface FrameLimits {
  readonly frames: BucketSize;
  readonly flood: BucketSize;
}

/** What a connection asks of the rest of the gateway. */
export interface ConnectionEvents {
  /** The first frame of a socket, which must be a hello. Comes once more after `awaitHello`. */
  hello(connection: Connection, hello: Extract<ClientFrame, { type: 'hello' }>): void;
  /** Any other frame, once the connection is ready. */
  frame(connection: Connection, frame: ClientFrame, isLimited: boolean): void;
  /** A request that does not fit the contract. */
  malformed(connection: Connection, n: number): void;
  /** The connection is closing; called once. */
  closing(connection: Connection): void;
}

/** One socket: new → joining (its hello is being looked at) → ready → closed. */
export class Connection {
  readonly openedAtMs = performance.now();
  /** When the client was last heard, in ms of the steady clock. */
  heardAtMs = this.openedAtMs;
  /** When it was last told which heads moved. */
  beatAtMs = 0;
  principal: Principal | undefined;
  person: Person | undefined;
  /** Requests at work for this socket. */
  outstanding = 0;
  private state: 'new' | 'joining' | 'ready' | 'closed' = 'new';
  private hasWaitedAgain = false;
  private early: LiveEntry[] | undefined;
  /** Conversations whose stream is still behind what `ready` said. */
  private floors: Map<ConversationId, number> | undefined;
  private readonly outlet: Outlet;
  private readonly frames: TokenBucket;
  private readonly flood: TokenBucket;

  constructor(
    socket: RealtimeSocket,
    private readonly events: ConnectionEvents,
    limits: FrameLimits,
    /** The Host header of the request that became this socket. */
    readonly host: string | undefined,
  ) {
    this.outlet = new Outlet(socket);
    this.frames = new TokenBucket(limits.frames, this.openedAtMs);
    this.flood = new TokenBucket(limits.flood, this.openedAtMs);
  }

  get isReady(): boolean {
    return this.state === 'ready';
  }

  get isClosed(): boolean {
    return this.state === 'closed';
  }

  get waitingBytes(): number {
    return this.outlet.waitingBytes;
  }

  /** Takes a message of the client. Every frame leads to an answer, an effect, or a documented close. */
  receive(bytes: Buffer, isBinary: boolean): void {
    if (this.state === 'closed') return;
    this.heardAtMs = performance.now();
    if (this.flood.take(this.heardAtMs) > 0) return this.close('rate_limited');
    const decoded = isBinary ? undefined : decodeFrame(bytes);
    if (decoded === undefined || decoded.is === 'invalid') return this.invalid();
    if (decoded.is === 'refused') {
      frameReceived('refused');
      return this.state === 'ready' ? this.events.malformed(this, decoded.n) : this.close('invalid_frame');
    }
    frameReceived(decoded.frame.type);
    this.dispatch(decoded.frame);
  }

  /** The hello has to be said once more. @returns false when it was already, so that nobody tries for ever */
  awaitHello(): boolean {
    if (this.state !== 'joining' || this.hasWaitedAgain) return false;
    this.hasWaitedAgain = true;
    this.state = 'new';
    return true;
  }

  /** The hello was good: from here on entries are kept for after `ready`. */
  admit(principal: Principal, person: Person): void {
    this.principal = principal;
    this.person = person;
    this.early = [];
  }

  /** Sends `ready`, then what came meanwhile and is not covered by its heads. */
  ready(frame: Extract<ServerFrame, { type: 'ready' }>, behind: Iterable<readonly [ConversationId, number]>): void {
    if (this.state !== 'joining') return;
    this.state = 'ready';
    this.beatAtMs = performance.now();
    this.send(encodeFrame(frame), 'message');
    framesSent('ready', 1);
    const heads = new Map(frame.heads);
    const early = this.early ?? [];
    this.early = undefined;
    const floors = new Map(behind);
    if (floors.size > 0) this.floors = floors;
    for (const entry of early) if (entry.seq > (heads.get(entry.conversationId) ?? 0)) this.entry(entry);
  }

  /** Passes an entry on. One that `ready` had counted in already is not sent again. */
  entry(entry: LiveEntry): void {
    if (this.state === 'joining') return this.keep(entry);
    if (this.state !== 'ready' || this.isBelowFloor(entry)) return;
    this.send(entry.bytes, 'message');
  }

  note({ bytes, type }: LiveNote): void {
    if (this.state === 'ready') this.send(bytes, type);
  }

  /** Alarms are the last that is given up; what else is said to a person alone goes as a message does. */
  notice({ bytes, type }: LiveNotice): void {
    if (this.state === 'ready') this.send(bytes, type === 'alarm' || type === 'alarm_changed' ? 'alarm' : 'message');
  }

  /** Sends a frame, or closes with `resync` when too much is waiting. */
  send(bytes: Uint8Array, loadClass: LoadClass): void {
    if (this.state !== 'closed' && !this.outlet.send(bytes, loadClass)) this.close('resync', resyncDelayMs());
  }

  close(name: CloseName, retryAfterMs?: number): void {
    this.outlet.close(name, retryAfterMs);
    this.gone();
  }

  /** Resolves when the socket is closed: the client has answered the closing, or was cut off. */
  ended(): Promise<void> {
    return this.outlet.ended();
  }

  cut(): void {
    this.outlet.cut();
    this.gone();
  }

  /** The socket is closed or closing, whoever began. */
  gone(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.early = undefined;
    this.events.closing(this);
  }

  private dispatch(frame: ClientFrame): void {
    if (frame.type === 'hello') {
      if (this.state !== 'new') return this.close('invalid_frame');
      this.state = 'joining';
      return this.events.hello(this, frame);
    }
    if (this.state !== 'ready') return this.close('invalid_frame');
    if (frame.type !== 'alive') this.events.frame(this, frame, this.frames.take(this.heardAtMs) > 0);
  }

  private invalid(): void {
    frameReceived('invalid');
    this.close('invalid_frame');
  }

  private keep(entry: LiveEntry): void {
    if (!this.early) return;
    if (this.early.length >= MAX_EARLY) return this.close('resync', resyncDelayMs());
    this.early.push(entry);
  }

  private isBelowFloor({ conversationId, seq }: LiveEntry): boolean {
    const floor = this.floors?.get(conversationId);
    if (floor === undefined) return false;
    if (seq < floor) return true;
    this.floors?.delete(conversationId);
    if (this.floors?.size === 0) this.floors = undefined;
    return seq === floor;
  }
}

/** Spread over a second, so that those who were slow together do not come back together. */
const resyncDelayMs = (): number => Math.round(200 + Math.random() * 1_000);
