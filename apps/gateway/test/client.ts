import { once } from 'node:events';
import { type Entry, type ServerFrame, SUBPROTOCOL } from '@relais/contracts';
import { type ClientOptions, WebSocket } from 'ws';
import { helloOf, type Someone } from './issuer.js';

export interface Closing {
  code: number;
  reason: { code?: string; retryAfterMs?: number };
}

/** A client that writes down what it hears and helps itself in no way. */
export class Client {
  readonly frames: ServerFrame[] = [];
  readonly closed: Promise<Closing>;
  closing: Closing | undefined;
  private readonly listeners = new Set<() => void>();
  private n = 0;

  private constructor(readonly socket: WebSocket) {
    this.closed = new Promise((resolve) =>
      socket.on('close', (code, reason) => {
        const text = reason.toString();
        this.closing = { code, reason: text ? (JSON.parse(text) as Closing['reason']) : {} };
        resolve(this.closing);
        this.tell();
      }),
    );
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const frame = JSON.parse(data.toString()) as ServerFrame;
      if (frame.type === 'heartbeat' && this.answersHeartbeats) this.send({ type: 'alive' });
      this.frames.push(frame);
      this.tell();
    });
  }

  answersHeartbeats = true;

  /** Opens a socket and says nothing. */
  static async open(port: number, options: ClientOptions = {}): Promise<Client> {
    const client = new Client(new WebSocket(`ws://127.0.0.1:${port}/v1/realtime`, SUBPROTOCOL, options));
    await once(client.socket, 'open');
    return client;
  }

  /** Opens a socket, says hello and waits for `ready`. */
  static async ready(port: number, person: Someone, token: string): Promise<Client> {
    const client = await Client.open(port);
    client.send(helloOf(person, port, token));
    await client.until((frame) => frame.type === 'ready');
    return client;
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /** Sends a request and waits for its answer or refusal. */
  ask(frame: object): Promise<Extract<ServerFrame, { type: 'answer' | 'refusal' }>> {
    const n = ++this.n;
    this.send({ ...frame, n });
    return this.until(
      (said): said is Extract<ServerFrame, { type: 'answer' | 'refusal' }> =>
        (said.type === 'answer' || said.type === 'refusal') && said.n === n,
    );
  }

  until<Found extends ServerFrame>(is: (frame: ServerFrame) => frame is Found, withinMs?: number): Promise<Found>;
  until(is: (frame: ServerFrame) => boolean, withinMs?: number): Promise<ServerFrame>;
  until(is: (frame: ServerFrame) => boolean, withinMs = 8_000): Promise<ServerFrame> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.frames.find(is);
        if (!found && !this.closing) return;
        this.listeners.delete(look);
        clearTimeout(timer);
        if (found) resolve(found);
        else reject(new Error(`closed with ${JSON.stringify(this.closing)}`));
      };
      const timer = setTimeout(() => {
        this.listeners.delete(look);
        reject(new Error(`not heard in ${withinMs} ms; heard: ${JSON.stringify(this.frames).slice(0, 2_000)}`));
      }, withinMs);
      this.listeners.add(look);
      look();
    });
  }

  /** Waits until the entry of this seq of any conversation was heard. */
  heard(seq: number, conversationId?: string): Promise<ServerFrame> {
    return this.until(
      (frame) =>
        frame.type === 'entry' &&
        frame.entry.seq === seq &&
        (conversationId === undefined || frame.entry.conversationId === conversationId),
    );
  }

  entries(conversationId?: string): Entry[] {
    return this.frames.flatMap((frame) =>
      frame.type === 'entry' && (!conversationId || frame.entry.conversationId === conversationId) ? [frame.entry] : [],
    );
  }

  seqs(conversationId?: string): number[] {
    return this.entries(conversationId).map(({ seq }) => seq);
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.terminate();
    await this.closed;
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
