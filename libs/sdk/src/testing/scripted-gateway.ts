import { type ClientFrame, SUBPROTOCOL, type ServerFrame, clientFrame } from '@relais/contracts';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { Journal } from './journal.js';

/** What a test says about a frame: `handled` keeps the gateway from answering it. */
export type Script = (frame: ClientFrame, socket: WebSocket) => 'handled' | undefined;

/**
 * The other end of the wire for the client's own tests: speaks the frames over a real socket, records what it is told,
 * and misbehaves as the test says. Frames that the contracts do not allow are kept in `broken`.
 */
export class ScriptedGateway {
  readonly frames: ClientFrame[] = [];
  readonly broken: unknown[] = [];
  readonly sockets = new Set<WebSocket>();
  heartbeatMs = 60_000;
  script: Script = () => undefined;
  /** Answer `listAlarms`. */
  openAlarms: unknown[] = [];
  /** Which live entries are lost on the way. */
  loses: (seq: number) => boolean = () => false;
  /** Answers the upgrade with this status instead of a socket. */
  refusesWith: { status: number; retryAfter: string; problem?: object } | undefined;
  private neighbours: ScriptedGateway[] = [this];
  private readonly wss: WebSocketServer;

  private constructor(
    private readonly http: Server,
    readonly journal: Journal,
  ) {
    this.wss = new WebSocketServer({ noServer: true, handleProtocols: () => SUBPROTOCOL });
    http.on('request', (_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ items: this.openAlarms }));
    });
    http.on('upgrade', (request: IncomingMessage, stream, head) => {
      // Nobody else listens from here on, and a client that is refused may hang up by a reset.
      stream.on('error', () => undefined);
      const refusal = this.refusesWith;
      if (refusal)
        return void stream.end(
          `HTTP/1.1 ${refusal.status} No\r\nRetry-After: ${refusal.retryAfter}\r\n\r\n${JSON.stringify(refusal.problem) ?? ''}`,
        );
      this.wss.handleUpgrade(request, stream, head, (socket) => this.accept(socket));
    });
  }

  /** Gateways that share one journal and pass live entries to each other's sockets. */
  static async start(count = 1): Promise<ScriptedGateway[]> {
    const journal = new Journal();
    const gateways = Array.from({ length: count }, () => new ScriptedGateway(createServer(), journal));
    for (const gateway of gateways) {
      gateway.neighbours = gateways;
      await new Promise<void>((resolve) => gateway.http.listen(0, '127.0.0.1', resolve));
    }
    return gateways;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  framesOf<Type extends ClientFrame['type']>(type: Type): Extract<ClientFrame, { type: Type }>[] {
    return this.frames.filter((frame): frame is Extract<ClientFrame, { type: Type }> => frame.type === type);
  }

  say(frame: ServerFrame): void {
    for (const socket of this.sockets) socket.send(JSON.stringify(frame));
  }

  /** Closes every socket as the gateway does. */
  close(closeCode: number, code: string, retryAfterMs?: number): void {
    for (const socket of this.sockets) socket.close(closeCode, JSON.stringify({ code, retryAfterMs }));
  }

  /** Cuts every socket without a word. */
  cut(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.http.close(() => resolve()));
  }

  private accept(socket: WebSocket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('message', (data) => {
      const parsed = clientFrame.safeParse(JSON.parse(data.toString()));
      if (!parsed.success) return void this.broken.push(data.toString());
      this.frames.push(parsed.data);
      if (this.script(parsed.data, socket) !== 'handled') this.respond(parsed.data, socket);
    });
  }

  private respond(frame: ClientFrame, socket: WebSocket): void {
    const reply = (answer: ServerFrame): void => socket.send(JSON.stringify(answer));
    switch (frame.type) {
      case 'hello':
        return reply({
          type: 'ready',
          heartbeatMs: this.heartbeatMs,
          tokenExpiresAt: new Date(Date.now() + 300_000).toISOString(),
          maxFrameBytes: 131_072,
          heads: this.journal.heads(),
        });
      case 'append': {
        const { entry, receipt } = this.journal.append(frame.conversationId, frame.entry);
        if (!receipt.replayed)
          for (const each of this.neighbours) if (!each.loses(entry.seq)) each.say({ type: 'entry', entry });
        return reply({ type: 'answer', n: frame.n, ok: true, data: receipt });
      }
      case 'sync':
        return reply({ type: 'answer', n: frame.n, ok: true, data: this.journal.sync(frame.heads) });
      case 'token':
        return reply({ type: 'answer', n: frame.n, ok: true, data: {} });
      case 'mark':
      case 'typing':
      case 'alive':
      case 'alarm_mark':
        return;
    }
  }
}
