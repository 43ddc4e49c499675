import { once } from 'node:events';
import { type Entry, type ServerFrame, SUBPROTOCOL } from '@relais/contracts';
import type { RelaisSession } from '@relais/sdk';
import { type ClientOptions, WebSocket } from 'ws';
import { helloOf } from './credentials.js';

type Answer = Extract<ServerFrame, { type: 'answer' | 'refusal' }>;

export interface Closing {
  code: number;
  reason: { code?: string; retryAfterMs?: number };
}

/** A socket that says what it is told to, writes down what it hears, and helps itself in no way but to answer heartbeats. */
export class RawClient {
  readonly frames: ServerFrame[] = [];
  readonly closed: Promise<Closing>;
  closing: Closing | undefined;
  private n = 0;

  private constructor(readonly socket: WebSocket) {
    this.closed = new Promise((resolve) =>
      socket.on('close', (code, reason) => {
        const text = reason.toString();
        this.closing = { code, reason: text ? (JSON.parse(text) as Closing['reason']) : {} };
        resolve(this.closing);
      }),
    );
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const frame = JSON.parse(data.toString()) as ServerFrame;
      if (frame.type === 'heartbeat') this.send({ type: 'alive' });
      this.frames.push(frame);
    });
  }

  static async open(gateway: string, options: ClientOptions = {}): Promise<RawClient> {
    const client = new RawClient(new WebSocket(realtimeUrl(gateway), SUBPROTOCOL, options));
    await once(client.socket, 'open');
    return client;
  }

  static async ready(gateway: string, session: RelaisSession): Promise<RawClient> {
    const client = await RawClient.open(gateway);
    client.send(helloOf(session, gateway, await session.accessToken()));
    await client.until(({ type }) => type === 'ready');
    return client;
  }

  /** Text as it is; objects as JSON; bytes as a text frame when `isText`, else as a binary one. */
  send(frame: unknown, isText = false): void {
    if (Buffer.isBuffer(frame)) return this.socket.send(frame, { binary: !isText });
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  async ask(frame: object): Promise<Answer> {
    const n = ++this.n;
    this.send({ ...frame, n });
    return (await this.until((said) => (said.type === 'answer' || said.type === 'refusal') && said.n === n)) as Answer;
  }

  async until(is: (frame: ServerFrame) => boolean, withinMs = 15_000): Promise<ServerFrame> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const found = this.frames.find(is);
      if (found) return found;
      if (this.closing) throw new Error(`closed with ${JSON.stringify(this.closing)}`);
      if (performance.now() > deadline)
        throw new Error(`not heard; heard ${JSON.stringify(this.frames).slice(-1_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  entries(conversationId: string): Entry[] {
    return this.frames.flatMap((frame) =>
      frame.type === 'entry' && frame.entry.conversationId === conversationId ? [frame.entry] : [],
    );
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.terminate();
    await this.closed;
  }
}

export const realtimeUrl = (gateway: string): string => `${gateway.replace(/^http/, 'ws')}/v1/realtime`;
