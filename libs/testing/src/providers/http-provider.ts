import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { listening } from './listening.js';

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export type Answerer = (request: ReceivedRequest, response: ServerResponse) => void | Promise<void>;

/** How a provider goes wrong, beside answering with an error. */
export const MISBEHAVIOURS = {
  garbage: (_: ReceivedRequest, response: ServerResponse) => void response.end('<html>Welcome to nginx</html>'),
  silence: () => undefined,
  reset: (_: ReceivedRequest, response: ServerResponse) => void response.socket?.resetAndDestroy(),
  flood: (_: ReceivedRequest, response: ServerResponse) => void response.end(Buffer.alloc(10_000_000, 'x')),
  redirect: (_: ReceivedRequest, response: ServerResponse) =>
    void response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
} as const satisfies Record<string, Answerer>;

/** A provider that is asked by HTTP: keeps what it was asked, and answers as the test wants. */
export class HttpProvider {
  readonly received: ReceivedRequest[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
    public answer: Answerer,
  ) {}

  static async start(answer: Answerer): Promise<HttpProvider> {
    const server = createServer();
    const provider = new HttpProvider(server, await listening(server), answer);
    server.on('request', (request, response) => void provider.take(request, response));
    return provider;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url: path = '', headers } = request;
    const received = { method, path, headers, body: Buffer.concat(chunks) };
    this.received.push(received);
    await this.answer(received, response);
  }
}

export const answerJson = (response: ServerResponse, status: number, body: unknown, headers: object = {}): void =>
  void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
