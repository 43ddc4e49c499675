import { type ClientFrame, LIMITS, SUBPROTOCOL, type ServerFrame, serverFrame } from '@relais/contracts';
import { type RawData, WebSocket } from 'ws';
import { jsonOf } from '../http/read-problem.js';
import type { AccessTokens } from '../session/access-tokens.js';
import { type SocketEnd, readClose } from './close-reason.js';
import { readRefusal } from './refusal.js';

export interface SocketEvents {
  /** A frame of the protocol; `heartbeat` was answered already. */
  frame(frame: ServerFrame): void;
  /** The socket is gone. Called once, and nothing after it. */
  ended(end: SocketEnd): void;
}

/** A sync answer is the largest frame there is; escapes may double it. */
const MAX_PAYLOAD_BYTES = 2 * LIMITS.syncEntries * LIMITS.messageTextBytes;

/** What a proof for a gateway's socket names: the address of the request that becomes the socket. */
const provenUrl = (gateway: string): string => `${gateway.replace(/\/+$/, '')}/v1/realtime`;

/** The realtime address of a gateway's base address. */
export const realtimeUrl = (gateway: string): string => provenUrl(gateway).replace(/^http/, 'ws');

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
  private isReady = false;
  /** What the gateway wants in our proofs; once it has asked, hello is said again. */
  private nonce: string | undefined;

  constructor(
    private readonly gateway: string,
    private readonly token: string,
    private readonly tokens: AccessTokens,
    readyTimeoutMs: number,
    private readonly events: SocketEvents,
  ) {
    this.allowedSilenceMs = readyTimeoutMs;
    this.ws = new WebSocket(realtimeUrl(gateway), SUBPROTOCOL, {
      maxPayload: MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
    });
    this.ws.on('open', () => this.hello());
    this.ws.on('message', (data, isBinary) => this.heard(data, isBinary));
    this.ws.on('close', (code, reason) => this.end(readClose(code, reason.toString())));
    this.ws.on('error', () => this.give({ closeCode: 1006, code: 'unreachable' }));
    this.ws.on('unexpected-response', (request, response) => {
      void readRefusal(response).then((refusal) => {
        request.destroy();
        this.give(refusal);
      });
    });
    this.watch(readyTimeoutMs);
  }

  /** A proof for a token that is shown on this socket. */
  proof(accessToken: string): string {
    const { gateway, nonce } = this;
    return this.tokens.proof({ method: 'GET', url: provenUrl(gateway), accessToken, nonce });
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

  private hello(): void {
    this.send({ type: 'hello', token: this.token, proof: this.proof(this.token) });
  }

  /** Before `ready` it is the hello that was refused; afterwards whoever asked is refused, too, and asks again. */
  private askedFor(nonce: string): void {
    this.nonce = nonce;
    if (!this.isReady) this.hello();
  }

  private heard(data: RawData, isBinary: boolean): void {
    if (this.hasEnded) return;
    this.heardAt = Date.now();
    // Unknown types are for newer clients; what does not parse is not for anybody.
    const parsed = isBinary ? undefined : serverFrame.safeParse(jsonOf(data.toString()));
    if (!parsed?.success) return;
    if (parsed.data.type === 'nonce') return this.askedFor(parsed.data.nonce);
    if (parsed.data.type === 'ready') this.allowedSilenceMs = 2 * Math.max(parsed.data.heartbeatMs, 50);
    if (parsed.data.type === 'ready') this.watch(this.allowedSilenceMs);
    if (parsed.data.type === 'ready') this.isReady = true;
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
