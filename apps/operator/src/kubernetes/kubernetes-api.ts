import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { KubernetesError, type KubernetesObject } from './objects.js';

export const FIELD_MANAGER = 'relais-operator';
const MAX_BODY_BYTES = 8 * 1024 ** 2;

export interface KubernetesOptions {
  url: string;
  /** Where `token` and `ca.crt` of the pod's account are; not for http, where others would read the token. */
  credentials?: string;
  /** Longest wait for an answer; watches have their own, ms. */
  timeoutMs: number;
}

interface Asked {
  body?: object;
  contentType?: string;
  signal?: AbortSignal;
}

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

/**
 * The API server over HTTP, by paths: reads, writes, server-side apply and watches, and nothing of a client's size. The token
 * is read anew for each request, because the kubelet changes it.
 */
export class KubernetesApi {
  private readonly agent: HttpAgent;
  private readonly request: typeof httpRequest;
  private behindMs = 0;

  private constructor(
    private readonly options: KubernetesOptions,
    ca: Buffer | undefined,
  ) {
    const isSecure = options.url.startsWith('https:');
    this.request = isSecure ? httpsRequest : httpRequest;
    this.agent = isSecure ? new HttpsAgent({ keepAlive: true, ...(ca && { ca }) }) : new HttpAgent({ keepAlive: true });
  }

  static async open(options: KubernetesOptions): Promise<KubernetesApi> {
    const ca = options.credentials ? await readFile(join(options.credentials, 'ca.crt')) : undefined;
    return new KubernetesApi(options, ca);
  }

  close(): void {
    this.agent.destroy();
  }

  /** The API server's time, to a second: the one clock that all operators share. */
  now(): Date {
    return new Date(Date.now() + this.behindMs);
  }

  /** @returns null where there is no such object */
  async get<T extends KubernetesObject>(path: string): Promise<T | null> {
    try {
      return (await this.send('GET', path)) as T;
    } catch (error) {
      if (error instanceof KubernetesError && error.code === 404) return null;
      throw error;
    }
  }

  /** @throws KubernetesError 409 when it is there already */
  create<T>(path: string, body: object): Promise<T> {
    return this.send('POST', `${path}?fieldManager=${FIELD_MANAGER}`, { body }) as Promise<T>;
  }

  /** @throws KubernetesError 409 when it has changed since it was read */
  replace<T>(path: string, body: object): Promise<T> {
    return this.send('PUT', `${path}?fieldManager=${FIELD_MANAGER}`, { body }) as Promise<T>;
  }

  /** Says what the fields that are ours have to be, whoever had them before; all others stay. */
  apply<T>(path: string, body: object): Promise<T> {
    const contentType = 'application/apply-patch+yaml';
    return this.send('PATCH', `${path}?fieldManager=${FIELD_MANAGER}&force=true`, { body, contentType }) as Promise<T>;
  }

  /**
   * Says fields in a name of one's own, and takes none that somebody else has said. A trial writes nothing.
   *
   * @returns whether there was no such object
   * @throws KubernetesError 409 when a field is somebody else's, 422 when it cannot become so
   */
  async claim(
    path: string,
    body: object,
    { manager, isTrial }: { manager: string; isTrial: boolean },
  ): Promise<boolean> {
    const query = new URLSearchParams({ fieldManager: manager, ...(isTrial && { dryRun: 'All' }) });
    const contentType = 'application/apply-patch+yaml';
    return (await this.exchange('PATCH', `${path}?${query.toString()}`, { body, contentType })).code === 201;
  }

  async list<T>(path: string): Promise<{ items: T[]; resourceVersion: string }> {
    const { items, metadata } = (await this.send('GET', path)) as {
      items: T[];
      metadata: { resourceVersion: string };
    };
    return { items, resourceVersion: metadata.resourceVersion };
  }

  /** Hears what changes until the server ends it. @throws when the connection breaks, or the signal says so */
  async watch<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    hear: (event: WatchEvent<T>) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const search = new URLSearchParams({ ...query, watch: 'true', allowWatchBookmarks: 'true' });
    const response = await this.answerTo('GET', `${path}?${search.toString()}`, { signal });
    if (response.statusCode !== 200) throw await errorOf(response);
    let rest = '';
    for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_BODY_BYTES) throw new Error('an event of the API server is too large');
      for (const line of lines) if (line) hear(JSON.parse(line) as WatchEvent<T>);
    }
  }

  private async send(method: string, path: string, asked: Asked = {}): Promise<unknown> {
    return (await this.exchange(method, path, asked)).body;
  }

  private async exchange(method: string, path: string, asked: Asked): Promise<{ code: number; body: unknown }> {
    const signal = AbortSignal.timeout(this.options.timeoutMs);
    const response = await this.answerTo(method, path, { ...asked, signal });
    const code = response.statusCode ?? 500;
    if (code >= 300) throw await errorOf(response);
    return { code, body: JSON.parse(await textOf(response)) };
  }

  private async answerTo(
    method: string,
    path: string,
    { body, contentType = 'application/json', signal }: Asked,
  ): Promise<IncomingMessage> {
    const { url, credentials } = this.options;
    const token = credentials ? (await readFile(join(credentials, 'token'), 'utf8')).trim() : undefined;
    const headers = {
      accept: 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': contentType }),
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const asking = this.request(new URL(path, url), {
        method,
        headers,
        agent: this.agent,
        ...(signal && { signal }),
      });
      asking.on('response', resolve).on('error', reject);
      asking.end(body && JSON.stringify(body));
    });
    const date = Date.parse(response.headers.date ?? '');
    if (!Number.isNaN(date)) this.behindMs = behindBy(date);
    return response;
  }
}

/** The header has whole seconds: a clock within the second is right. */
function behindBy(dateMs: number): number {
  const aheadMs = Date.now() - dateMs;
  return aheadMs >= 0 && aheadMs < 1_000 ? 0 : -aheadMs;
}

async function errorOf(response: IncomingMessage): Promise<KubernetesError> {
  const text = await textOf(response);
  const code = response.statusCode ?? 500;
  try {
    const { message } = JSON.parse(text) as { message?: string };
    return new KubernetesError(code, message ?? `HTTP ${code}`);
  } catch {
    return new KubernetesError(code, `HTTP ${code}`);
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error('the answer of the API server is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
