import { type ClientFrame, LIMITS, SUBPROTOCOL, type ServerFrame, serverFrame } from '@relais/contracts';
import { type RawData, WebSocket } from 'ws';
import { jsonOf, retryAfterMs } from '../http/read-problem.js';
import { type SocketEnd, readClose } from './close-reason.js';

export interface SocketEvents {
  /** A frame of the protocol; `heartbeat` was answered already. */
  frame(frame: ServerFrame): void;
  /** The socket is gone. Called once, and nothing after it. */
  ended(end: SocketEnd): void;
}

/** A sync answer is the largest frame there is; escapes may double it. */
const MAX_PAYLOAD_BYTES = 2 * LIMITS.syncEntries * LIMITS.messageTextBytes;

/** The realtime address of a gateway's base address. */
export const realtimeUrl = (gateway: string): string =>
  `${gateway.replace(/^http/, 'ws').replace(/\/+$/, '')}/v1/realtime`;

/**
 * One socket: says hello, answers heartbeats, and notices when the other side has died without a word: nothing heard
 * for `readyTimeoutMs` until `ready`, for two heartbeats from then on.
 */
export class RealtimeSocket {
  private readonly ws: WebSocket;
  private silence: NodeJS.Timeout | undefined;
  private allowedSilenceMs: number;
  private heardAt = Date.now();
  private refusal: SocketEnd | undefined;
  private hasEnded = false;

  constructor(
    gateway: string,
    token: string,
    readyTimeoutMs: number,
    private readonly events: SocketEvents,
  ) {
    this.allowedSilenceMs = readyTimeoutMs;
    this.ws = new WebSocket(realtimeUrl(gateway), SUBPROTOCOL, {
      maxPayload: MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
    });
    this.ws.on('open', () => this.send({ type: 'hello', token }));
    this.ws.on('message', (data, isBinary) => this.heard(data, isBinary));
    this.ws.on('close', (code, reason) => this.end(readClose(code, reason.toString())));
    this.ws.on('error', () => this.give({ closeCode: 1006, code: 'unreachable' }));
    this.ws.on('unexpected-response', (request, response) => {
      request.destroy();
      const asked = retryAfterMs(response.headers['retry-after'] ?? null, Date.now());
      this.give({ closeCode: 1006, code: 'unreachable', retryAfterMs: asked });
    });
    this.watch(readyTimeoutMs);
  }

  /** Queues a frame. @returns false when the socket cannot take it any more */
  send(frame: ClientFrame): boolean {
    if (this.ws.readyState !== WebSocket.OPEN) return false;
    this.ws.send(JSON.stringify(frame));
    return true;
  }

  /** Closes politely; a server that does not answer within `withinMs` is left. */
  async close(withinMs = 1_000): Promise<void> {
    if (this.ws.readyState === WebSocket.CLOSED) return;
    const closed = new Promise<void>((resolve) => this.ws.once('close', () => resolve()));
    const impatience = setTimeout(() => this.ws.terminate(), withinMs);
    this.ws.close(1000);
    await closed;
    clearTimeout(impatience);
  }

  private heard(data: RawData, isBinary: boolean): void {
    if (this.hasEnded) return;
    this.heardAt = Date.now();
    // Unknown types are for newer clients; what does not parse is not for anybody.
    const parsed = isBinary ? undefined : serverFrame.safeParse(jsonOf(data.toString()));
    if (!parsed?.success) return;
    if (parsed.data.type === 'ready') this.allowedSilenceMs = 2 * Math.max(parsed.data.heartbeatMs, 50);
    if (parsed.data.type === 'ready') this.watch(this.allowedSilenceMs);
    if (parsed.data.type === 'heartbeat') this.send({ type: 'alive' });
    this.events.frame(parsed.data);
  }

  /** One timer per silence, not per frame: it looks when the last frame was and sleeps for the rest. */
  private watch(afterMs: number): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      const leftMs = this.heardAt + this.allowedSilenceMs - Date.now();
      if (leftMs > 0) this.watch(leftMs);
      else this.give({ closeCode: 1006, code: 'server_silent' });
    }, afterMs);
  }

  private give(refusal: SocketEnd): void {
    this.refusal ??= refusal;
    this.ws.terminate();
    this.end(this.refusal);
  }

  private end(end: SocketEnd): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    clearTimeout(this.silence);
    this.events.ended(end);
  }
}
