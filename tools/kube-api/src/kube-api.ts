import type { IncomingMessage } from 'node:http';
import { type Address, addressOf } from './address.js';
import { discover } from './discovery.js';
import { type Answer, answerOf, KubeServer } from './kube-server.js';
import { type Admission, type Asked, Operations } from './operations.js';
import { BUILT_IN, definedBy, DEFINITIONS, NAMESPACES, type Resource } from './resources.js';
import { Store } from './store.js';
import { ApiError, type ApiObject, bad } from './types.js';
import { watch } from './watch.js';

/** There from the start. */
const FIRST_NAMESPACES = ['default', 'relais'];
/** JSON is what clients here send as either of them. */
const TYPES = /^application\/([a-z-]+\+)?(json|yaml)/;
const MAX_BODY_BYTES = 4 * 1024 ** 2;
/** An empty document in the protobuf that helm asks for: it describes no kind, so nothing is validated by it. */
const OPENAPI = '/openapi/v2';
const BINARY = { 'content-type': 'application/octet-stream' };

/**
 * The API of Kubernetes in memory, for tests: what clients such as helm and operators see of it, over HTTP on loopback. Objects
 * are kept and nothing is run: no scheduler, no kubelet, no controller but garbage collection by owner. Not there: defaults,
 * admission beside `admit`, authorization, validation of built-in kinds, list continuation.
 */
export class KubeApi extends KubeServer {
  readonly store = new Store();
  private readonly operations: Operations;

  /** @param admit sees every object before it is stored */
  constructor(
    private readonly more: readonly Resource[] = [],
    admit: Admission = () => undefined,
  ) {
    super();
    this.operations = new Operations(this.store, admit);
    for (const name of FIRST_NAMESPACES)
      this.store.create(NAMESPACES, '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }

  all(plural: string): ApiObject[] {
    return this.resources
      .filter((resource) => resource.plural === plural)
      .flatMap((resource) => this.store.list(resource, ''));
  }

  /** Serves the kind of a CustomResourceDefinition, as if it had been posted. */
  define(definition: ApiObject): void {
    this.store.create(DEFINITIONS, '', definition);
  }

  private get resources(): Resource[] {
    return [
      ...BUILT_IN,
      ...this.more,
      ...this.store.list(DEFINITIONS, '').flatMap((object) => definedBy(object as never)),
    ];
  }

  protected async answerTo(request: IncomingMessage): Promise<Answer> {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://api');
    const method = request.method ?? 'GET';
    if (path === OPENAPI)
      return { line: `GET ${path} 200`, send: (response) => void response.writeHead(200, BINARY).end() };
    try {
      const body = await bodyOf(request);
      return this.handle(method, path, { query, contentType: request.headers['content-type'] ?? '', body });
    } catch (error) {
      const { code, status } = error instanceof ApiError ? error : new ApiError(500, 'InternalError', String(error));
      return answerOf(code, status, `${method} ${path} ${code}`);
    }
  }

  private handle(method: string, path: string, asked: Asked): Answer {
    const answer = (code: number, body: object) => answerOf(code, body, `${method} ${path} ${code}`);
    const found = discover(path, this.resources);
    if (found) return answer(200, found);
    const address = addressOf(path, this.resources);
    const isList = method === 'GET' && !address.name;
    if (isList && asked.query.get('watch'))
      return { line: `WATCH ${path}`, send: (response) => watch(this.store, address, asked.query, response) };
    if (isList) return answer(200, this.operations.list(address, asked.query));
    if (method === 'POST') return answer(201, this.operations.create(address, asked));
    const isNew = method === 'PATCH' && !this.operations.has(address);
    return answer(isNew ? 201 : 200, this.changeOf(method)(address, asked));
  }

  private changeOf(method: string): (address: Address, asked: Asked) => ApiObject {
    const { operations } = this;
    if (method === 'GET') return (address) => operations.get(address);
    if (method === 'PUT') return (address, asked) => operations.replace(address, asked);
    if (method === 'PATCH') return (address, asked) => operations.patch(address, asked);
    if (method === 'DELETE') return (address, asked) => operations.delete(address, asked);
    throw new ApiError(405, 'MethodNotAllowed', method);
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
  const type = request.headers['content-type'] ?? 'application/json';
  if (!TYPES.test(type)) throw new ApiError(415, 'UnsupportedMediaType', `a body of ${type} is not understood`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw bad('the body is not JSON');
  }
}
