import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { LIMITS, SUBPROTOCOL } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import { type RawData, type ServerOptions, WebSocketServer } from 'ws';
import type { ClientAddress } from '../http/client-address.js';
import { problemOf, rawResponse } from '../http/problem.js';
import { socketClosed, socketOpened, upgradeRefused } from '../metrics.js';
import type { RateLimits } from '../rate-limits.js';
import type { Admission } from './admission.js';
import { Connection, type ConnectionEvents, type FrameLimits } from './connection.js';
import type { Hub } from './hub.js';
import { RealtimeSocket } from './realtime-socket.js';
import { assertUpgradable } from './upgrade.js';

/** How long a client may take to answer our closing; then it is cut off. */
const CLOSE_TIMEOUT_MS = 5_000;
const ABNORMAL_CLOSURE = 1006;

/** `closeTimeout` is newer than the published types. */
const SERVER_OPTIONS: ServerOptions<typeof RealtimeSocket> & { closeTimeout: number } = {
  noServer: true,
  clientTracking: false,
  WebSocket: RealtimeSocket,
  maxPayload: LIMITS.frameBytes,
  perMessageDeflate: false,
  closeTimeout: CLOSE_TIMEOUT_MS,
  handleProtocols: () => SUBPROTOCOL,
};

export interface SocketServerParts {
  admission: Admission;
  limits: RateLimits;
  addresses: ClientAddress;
  hub: Hub;
  events: ConnectionEvents;
  frameLimits: FrameLimits;
  allowedOrigins: ReadonlySet<string>;
}

/** Opens sockets and counts them; whose they are is found out later. */
export class SocketServer {
  private readonly open = new Set<RealtimeSocket>();
  private readonly server = new WebSocketServer(SERVER_OPTIONS);

  constructor(private readonly parts: SocketServerParts) {}

  /** Sockets that are open or closing. */
  get size(): number {
    return this.open.size;
  }

  /** Refuses with a plain HTTP answer, or opens the socket. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', ignore);
    try {
      assertUpgradable(request, this.parts.allowedOrigins);
      this.parts.admission.admit(this.open.size);
      await this.parts.limits.take('connectPerAddress', this.parts.addresses.of(request));
      this.server.handleUpgrade(request, socket, head, (opened) =>
        this.take(opened as RealtimeSocket, socket, request.headers.host),
      );
      socket.off('error', ignore);
    } catch (thrown) {
      const error = AppError.from(thrown);
      upgradeRefused(error.code);
      socket.end(rawResponse(problemOf(error)));
    }
  }

  /** Ends every socket without a word. */
  cutAll(): void {
    for (const socket of this.open) socket.terminate();
  }

  private take(socket: RealtimeSocket, stream: Duplex, host: string | undefined): void {
    socket.stream = stream;
    const connection = new Connection(socket, this.parts.events, this.parts.frameLimits, host);
    socket.connection = connection;
    this.open.add(socket);
    this.parts.hub.add(connection);
    socketOpened(this.open.size);
    socket
      .on('message', onMessage)
      .on('error', ignore)
      .once('close', (code) => this.closed(socket, code));
  }

  private closed(socket: RealtimeSocket, code: number): void {
    this.open.delete(socket);
    socket.connection?.gone();
    const cause = code === ABNORMAL_CLOSURE ? 'network' : 'client';
    socketClosed(socket.closedFor ?? cause, this.open.size);
  }
}

/** One function for all sockets: a closure each would be paid for ten thousand times. */
function onMessage(this: unknown, data: RawData, isBinary: boolean): void {
  (this as RealtimeSocket).connection?.receive(data as Buffer, isBinary);
}

/** A broken socket closes, and that is where it is dealt with. */
const ignore = (): void => undefined;
