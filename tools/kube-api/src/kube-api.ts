import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Address, addressOf } from './address.js';
import { discover } from './discovery.js';
import { type Fault, Faults } from './faults.js';
import { type Admission, Operations } from './operations.js';
import { BUILT_IN, definedBy, type Resource } from './resources.js';
import { Store } from './store.js';
import { ApiError, type ApiObject, bad } from './types.js';
import { watch } from './watch.js';

const MAX_BODY_BYTES = 4 * 1024 ** 2;
/** An empty document in the protobuf that helm asks for: it describes no kind, so nothing is validated by it. */
const OPENAPI = '/openapi/v2';

/**
 * The API of Kubernetes in memory, for tests: what clients such as helm and operators see of it, over HTTP on loopback. Objects
 * are kept and nothing is run: no scheduler, no kubelet, no controller but garbage collection by owner. Not there: defaults,
 * admission beside `admit`, authorization, validation of built-in kinds, list continuation.
 */
export class KubeApi {
  readonly store = new Store();
  /** Every request that was answered: `GET /api/v1/namespaces/relais/secrets/auth 200`. */
  readonly log: string[] = [];
  private readonly faults = new Faults();
  private readonly sockets = new Set<Socket>();
  private readonly operations: Operations;
  private server: Server | undefined;

  /** @param admit sees every object before it is stored */
  constructor(
    private readonly more: readonly Resource[] = [],
    admit: Admission = () => undefined,
  ) {
    this.operations = new Operations(this.store, admit);
  }

  /** Serves on a free port of loopback. @returns its address */
  async start(): Promise<string> {
    const server = createServer((request, response) => void this.answer(request, response));
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

  /** What there is of a kind, in any namespace, by its plural. */
  all(plural: string): ApiObject[] {
    return this.resources
      .filter((resource) => resource.plural === plural)
      .flatMap((resource) => this.store.list(resource, ''));
  }

  private get resources(): Resource[] {
    const [definitions] = BUILT_IN.filter(({ kind }) => kind === 'CustomResourceDefinition');
    return [
      ...BUILT_IN,
      ...this.more,
      ...this.store.list(definitions!, '').flatMap((object) => definedBy(object as never)),
    ];
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://api');
    const method = request.method ?? 'GET';
    if (path === OPENAPI) return void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end();
    const fault = this.faults.next(method, path);
    try {
      if (fault?.latencyMs) await pause(fault.latencyMs);
      const fails = fault?.cut || fault?.code !== undefined;
      if (fault && fails && !fault.after) return this.fail(fault, response);
      const body = await bodyOf(request);
      const done = this.handle(method, path, query, request.headers['content-type'] ?? '', body, response);
      if (fault && fails) return this.fail(fault, response);
      if (done) this.reply(response, done.code, done.body, `${method} ${path}`);
      else this.log.push(`WATCH ${path}`);
    } catch (error) {
      const { code, status } = error instanceof ApiError ? error : new ApiError(500, 'InternalError', String(error));
      this.reply(response, code, status, `${method} ${path}`);
    }
  }

  /** @returns nothing where the answer is a stream */
  private handle(
    method: string,
    path: string,
    query: URLSearchParams,
    contentType: string,
    body: unknown,
    response: ServerResponse,
  ): { code: number; body: object } | undefined {
    const found = discover(path, this.resources);
    if (found) return { code: 200, body: found };
    const address = addressOf(path, this.resources);
    const asked = { query, contentType, body };
    const isList = method === 'GET' && !address.name;
    if (isList && query.get('watch')) return void watch(this.store, address, query, response);
    if (isList) return { code: 200, body: this.operations.list(address, query) };
    if (method === 'POST') return { code: 201, body: this.operations.create(address, asked) };
    return { code: 200, body: this.changeOf(method)(address, asked) };
  }

  private changeOf(method: string): (address: Address, asked: Parameters<Operations['patch']>[1]) => ApiObject {
    const { operations } = this;
    if (method === 'GET') return (address) => operations.get(address);
    if (method === 'PUT') return (address, asked) => operations.replace(address, asked);
    if (method === 'PATCH') return (address, asked) => operations.patch(address, asked);
    if (method === 'DELETE') return (address) => operations.delete(address);
    throw new ApiError(405, 'MethodNotAllowed', method);
  }

  private fail({ cut, code = 500 }: Fault, response: ServerResponse): void {
    if (cut) return void response.destroy();
    const reason = code === 429 ? 'TooManyRequests' : 'InternalError';
    this.reply(response, code, new ApiError(code, reason, 'ordered by a test').status, 'fault');
  }

  private reply(response: ServerResponse, code: number, body: object, what: string): void {
    this.log.push(`${what} ${code}`);
    const headers = { 'content-type': 'application/json', ...(code === 429 && { 'retry-after': '1' }) };
    response.writeHead(code, headers).end(JSON.stringify(body));
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new ApiError(413, 'RequestEntityTooLarge', 'the body is too large');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  if (!text) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw bad('the body is not JSON');
  }
}
