import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, KubeServer } from '../kube-server.js';
import type { ApiObject } from '../types.js';
import { bytesOf, open } from './ask.js';
import type { ControlPlane } from './control-plane.js';

/** A real kube-apiserver through a door on loopback, where everybody is its administrator and tests order faults. */
export class RealKubeApi extends KubeServer {
  constructor(private readonly plane: ControlPlane) {
    super();
  }

  /** How a program speaks to the server itself, as this account and over TLS: variables of the operator. */
  async accountOf(namespace: string, name: string): Promise<Record<string, string>> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const { body } = await this.plane.ask('POST', path, { spec: {} });
    return { KUBERNETES_URL: this.plane.url, KUBERNETES_CREDENTIALS: this.plane.keep(name, body['status'].token) };
  }

  async all(plural: string): Promise<ApiObject[]> {
    const kinds = await kindsOf(this.plane);
    const paths = kinds.filter((kind) => kind.plural === plural).map(({ root }) => `${root}/${plural}`);
    const lists = await Promise.all([...new Set(paths)].map((path) => this.plane.ask('GET', path)));
    return lists.flatMap(({ body }) => (body['items'] as ApiObject[] | undefined) ?? []);
  }

  protected async answerTo(request: IncomingMessage): Promise<Answer> {
    const { method = 'GET', url = '/' } = request;
    const { pathname: path, searchParams: query } = new URL(url, 'http://api');
    const asked = { method, headers: this.headersFor(request), body: await bytesOf(request as AsyncIterable<Buffer>) };
    const told = await open(`${this.plane.url}${url}`, this.plane.agent, asked);
    const code = told.statusCode ?? 500;
    const { 'transfer-encoding': _, connection: __, ...headers } = told.headers;
    if (code === 200 && query.get('watch'))
      return { line: `WATCH ${path}`, send: (response) => relay(told, response, headers) };
    const bytes = await bytesOf(told as AsyncIterable<Buffer>);
    return { line: `${method} ${path} ${code}`, send: (response) => void response.writeHead(code, headers).end(bytes) };
  }

  private headersFor({ headers }: IncomingMessage): Record<string, string> {
    const passed = ['accept', 'content-type', 'user-agent'].flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value] as const] : [];
    });
    return { ...Object.fromEntries(passed), ...this.plane.headers };
  }
}

function relay(told: IncomingMessage, response: ServerResponse, headers: IncomingMessage['headers']): void {
  response.writeHead(200, headers);
  response.flushHeaders();
  response.on('close', () => told.destroy());
  told.on('error', () => response.destroy());
  told.pipe(response);
}

export interface Kind {
  /** `/apis/apps/v1` */
  root: string;
  plural: string;
  namespaced: boolean;
  verbs: readonly string[];
}

/** Every kind that is served, as its group prefers it. */
export async function kindsOf({ ask }: ControlPlane): Promise<Kind[]> {
  const { body } = await ask('GET', '/apis');
  const groups = body['groups'] as { preferredVersion: { groupVersion: string } }[];
  const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const lists = await Promise.all(roots.map((root) => ask('GET', root)));
  return lists.flatMap(({ body: list }, index) =>
    ((list['resources'] ?? []) as { name: string; namespaced: boolean; verbs: string[] }[])
      .filter(({ name }) => !name.includes('/'))
      .map(({ name: plural, namespaced, verbs }) => ({ root: roots[index]!, plural, namespaced, verbs })),
  );
}
