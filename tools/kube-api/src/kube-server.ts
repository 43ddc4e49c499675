import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Fault, Faults } from './faults.js';
import { ApiError, type ApiObject } from './types.js';

/** What is answered to a request: the line that tells of it, and how it is written. */
export interface Answer {
  line: string;
  send(response: ServerResponse): void;
}

/** An API of Kubernetes on loopback, without TLS and for everybody: for tests, with the faults that they order. */
export abstract class KubeServer {
  /** Every request that was answered: `GET /api/v1/namespaces/relais/secrets/auth 200`. */
  readonly log: string[] = [];
  private readonly faults = new Faults();
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  /** What there is of a kind, in any namespace, by its plural. */
  abstract all(plural: string): ApiObject[] | Promise<ApiObject[]>;

  protected abstract answerTo(request: IncomingMessage): Promise<Answer>;

  /** Serves on a free port of loopback. @returns its address */
  async start(): Promise<string> {
    const server = createServer((request, response) => {
      // Whoever has gone meanwhile is told nothing.
      this.take(request, response).catch(() => response.destroy());
    });
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.server = server;
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server?.close(resolve));
    this.cut();
    await closed;
  }

  /** From now on, requests that match go wrong in this way. */
  order(fault: Fault): void {
    this.faults.order(fault);
  }

  heal(): void {
    this.faults.clear();
  }

  /** Cuts every connection that is open, watches first of all. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = this.faults.next(request.method ?? 'GET', new URL(request.url ?? '/', 'http://api').pathname);
    if (fault?.latencyMs) await pause(fault.latencyMs);
    const fails = fault?.cut || fault?.code !== undefined;
    if (fails && fault?.after) await this.answerTo(request);
    if (fails && fault?.cut) return void response.destroy();
    const { line, send } = fails ? failing(fault!) : await this.answerTo(request);
    this.log.push(line);
    send(response);
  }
}

function failing({ code = 500 }: Fault): Answer {
  const reason = code === 429 ? 'TooManyRequests' : 'InternalError';
  return answerOf(code, new ApiError(code, reason, 'ordered by a test').status, `fault ${code}`);
}

export const answerOf = (code: number, body: object, line: string): Answer => ({
  line,
  send: (response) => {
    const headers = { 'content-type': 'application/json', ...(code === 429 && { 'retry-after': '1' }) };
    response.writeHead(code, headers).end(JSON.stringify(body));
  },
});
