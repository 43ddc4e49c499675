import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isEncryptedOrLocal } from './network-address.js';

export interface OutboundOptions {
  /** For everything, from the name to the last byte, ms. */
  timeoutMs: number;
  /** More is not read: the answer counts as none. */
  maxBytes: number;
  /** Asked about the address that is about to be connected to, so that no name can lead elsewhere than it was looked at. */
  mayReach?: (address: string, hostname: string) => boolean;
  /** Connections kept to one host; without it, each request has its own. */
  keptConnections?: number;
  /** Also what is not encrypted and leaves this machine: for whoever only looks and says nothing secret. */
  allowsPlain?: boolean;
}

export interface OutboundRequest {
  method: 'GET' | 'POST' | (string & {});
  headers: Readonly<Record<string, string>>;
  body?: string | Buffer;
  signal?: AbortSignal | undefined;
}

export interface OutboundAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** Why there is no answer. `forbidden`: the address is one that must not be reached. */
export type OutboundProblem = 'forbidden' | 'unreachable' | 'timeout' | 'too_large';

export class OutboundError extends Error {
  override readonly name = 'OutboundError';

  constructor(
    readonly problem: OutboundProblem,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/**
 * Requests to addresses that others have written down: encrypted but on this machine, no redirects, bounded in time and size,
 * and only to where `mayReach` lets them. Close it when it keeps connections.
 */
export class Outbound {
  private readonly agents: { http: HttpAgent; https: HttpsAgent } | undefined;

  constructor(private readonly options: OutboundOptions) {
    const maxSockets = options.keptConnections;
    if (maxSockets === undefined) return;
    const kept = { keepAlive: true, maxSockets, lookup: this.lookup };
    this.agents = { http: new HttpAgent(kept), https: new HttpsAgent(kept) };
  }

  /** @throws OutboundError when nothing whole comes back */
  async send(url: URL, asked: OutboundRequest): Promise<OutboundAnswer> {
    this.assertMayReach(url);
    const timeout = AbortSignal.timeout(this.options.timeoutMs);
    const signal = asked.signal ? AbortSignal.any([asked.signal, timeout]) : timeout;
    try {
      return await this.exchange(url, asked, signal);
    } catch (error) {
      if (error instanceof OutboundError) throw error;
      if (timeout.aborted) throw new OutboundError('timeout', `${url.host} takes too long`, error);
      throw new OutboundError('unreachable', `${url.host} does not answer`, error);
    }
  }

  close(): void {
    this.agents?.http.destroy();
    this.agents?.https.destroy();
  }

  private assertMayReach(url: URL): void {
    const isFine = this.options.allowsPlain ? /^https?:$/.test(url.protocol) : isEncryptedOrLocal(url);
    if (!isFine) throw new OutboundError('forbidden', `${url.origin} is not encrypted`);
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal)) this.assertAddress(literal, url.hostname);
  }

  private assertAddress(address: string, hostname: string): void {
    if (this.options.mayReach?.(address, hostname) === false)
      throw new OutboundError('forbidden', `${hostname} is an address of the inner network`);
  }

  /** The name is looked up and looked at in one: what is connected to is what was looked at. */
  private readonly lookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      try {
        if (error) throw error;
        for (const { address } of found) this.assertAddress(address, hostname);
        const [first] = found;
        if (!first) throw new Error(`there is no host ${hostname}`);
        if (options.all) callback(null, found);
        else callback(null, first.address, first.family);
      } catch (problem) {
        callback(problem as NodeJS.ErrnoException, '', 0);
      }
    });
  };

  private exchange(url: URL, { method, headers, body }: OutboundRequest, signal: AbortSignal): Promise<OutboundAnswer> {
    const isHttps = url.protocol === 'https:';
    const agent = (isHttps ? this.agents?.https : this.agents?.http) ?? false;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method, headers: { ...headers, ...length }, signal, agent, lookup: this.lookup };
    return new Promise((resolve, reject) => {
      const request: ClientRequest = (isHttps ? httpsRequest : httpRequest)(url, options);
      request.on('error', reject);
      request.on('response', (response) => {
        this.read(response, url.host)
          .then((content) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: content }))
          .catch((error: unknown) => {
            request.destroy();
            reject(error as Error);
          });
      });
      request.end(body);
    });
  }

  private async read(response: IncomingMessage, host: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > this.options.maxBytes)
        throw new OutboundError('too_large', `${host} says more than ${this.options.maxBytes} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
}
