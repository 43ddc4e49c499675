import type { ClientFrame, ServerFrame } from '@relais/contracts';
import { ApiError } from '../api-error.js';
import { type Backoff, askedMs, backoffMs } from '../backoff.js';
import type { AccessTokens } from '../session/access-tokens.js';
import { type SocketEnd, afterwards, isForAnother } from './close-reason.js';
import type { StateChange } from './connection-options.js';
import { RealtimeSocket } from './realtime-socket.js';

/** Between one gateway and the next, where the first has not said how long. */
const USUAL_PAUSE_MS = 1_000;

export interface SocketKeeperOptions {
  gateways: readonly string[];
  tokens: AccessTokens;
  backoff: Backoff;
  readyTimeoutMs: number;
}

export interface SocketKeeperEvents {
  frame(frame: ServerFrame): void;
  /** `online` comes right after the frame `ready`; `closed` is the last. */
  changed(change: StateChange): void;
}

/** Keeps one socket up: the next gateway after each loss, after a pause, until told to stop or to stay away. */
export class SocketKeeper {
  /** How often a socket was lost, or could not be had. */
  reconnects = 0;
  private socket: RealtimeSocket | undefined;
  private current: StateChange;
  /** The token by which the gateway knows the socket. */
  private shown = '';
  private turn = 0;
  private attempts = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: SocketKeeperOptions,
    private readonly events: SocketKeeperEvents,
  ) {
    if (options.gateways.length === 0) throw new TypeError('a connection needs at least one gateway');
    this.current = { state: 'idle', gateway: this.gateway };
  }

  get change(): StateChange {
    return this.current;
  }

  start(): void {
    if (this.current.state === 'idle') void this.open(false);
  }

  /** @returns false when there is no socket to take it */
  send(frame: ClientFrame): boolean {
    return this.socket?.send(frame) ?? false;
  }

  /** The gateway has taken a newer token for the socket of now. */
  renewed(accessToken: string): void {
    this.shown = accessToken;
  }

  /** A proof for a token that is shown on the socket of now. */
  proof(accessToken: string): string | undefined {
    return this.socket?.proof(accessToken);
  }

  /** Closes the socket politely; no timer is left when this resolves. */
  async stop(): Promise<void> {
    if (this.current.state !== 'closed') this.finish({ closeCode: 1000, code: 'closed_by_client' });
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
      return this.withoutToken(ApiError.from(thrown), fresh);
    }
    if (this.current.state !== 'connecting') return;
    this.shown = token;
    this.socket = new RealtimeSocket(this.gateway, token, this.options.tokens, this.options.readyTimeoutMs, {
      frame: (frame) => this.heard(frame),
      ended: (end) => this.lost(end),
    });
  }

  private withoutToken({ code, retryable, retryAfterMs }: ApiError, fresh: boolean): void {
    if (this.current.state === 'closed') return;
    const end = { closeCode: 1006, code, retryAfterMs };
    if (retryable) this.comeBack(end, fresh);
    else this.finish(end);
  }

  private heard(frame: ServerFrame): void {
    if (this.current.state === 'closed') return;
    // A socket that lived that long was a good one. One that only got ready may be thrown out again at once.
    if (frame.type === 'heartbeat') this.attempts = 0;
    this.events.frame(frame);
    if (frame.type === 'ready') this.become({ state: 'online', gateway: this.gateway });
  }

  private lost(end: SocketEnd): void {
    if (this.current.state === 'closed') return;
    const next = afterwards(end);
    if (next === 'stay_away') this.finish(end);
    else if (next === 'reconnect_as_successor') void this.putOut(end);
    else this.comeBack(end, next === 'refresh_and_reconnect');
  }

  /** The word of it may be here before the token that comes in its place. */
  private async putOut(end: SocketEnd): Promise<void> {
    this.become({ state: 'offline', gateway: this.gateway, end, retryInMs: 0 });
    const successor = await this.options.tokens.successor(this.shown);
    if (this.current.state === 'closed') return;
    if (successor === null) this.finish(end);
    else this.comeBack(end, false);
  }

  private comeBack(end: SocketEnd, fresh: boolean): void {
    const retryInMs = isForAnother(end)
      ? askedMs(end.retryAfterMs ?? USUAL_PAUSE_MS)
      : backoffMs(this.options.backoff, this.attempts++, end.retryAfterMs);
    const { gateway } = this;
    this.turn += 1;
    this.reconnects += 1;
    this.timer = setTimeout(() => void this.open(fresh), retryInMs);
    this.become({ state: 'offline', gateway, end, retryInMs });
  }

  private finish(end: SocketEnd): void {
    clearTimeout(this.timer);
    this.become({ state: 'closed', gateway: this.gateway, end });
  }

  private become(change: StateChange): void {
    this.current = change;
    this.events.changed(change);
  }
}
