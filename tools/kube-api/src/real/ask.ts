import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type Agent, request } from 'node:https';
import type { ApiObject } from '../types.js';

export interface Told {
  code: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  body: ApiObject;
}
export type Ask = (method: string, path: string, body?: object) => Promise<Told>;

interface Sent {
  method: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** Sends one request, and hands over the answer as it begins to come. */
export const open = (url: string, agent: Agent, { method, headers, body }: Sent): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const asking = request(url, { method, headers: { ...headers, 'content-length': body.length }, agent });
    asking.on('response', resolve).on('error', reject);
    asking.end(body);
  });

export async function bytesOf(message: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Asks an API server for JSON. */
export const askOver =
  (url: string, agent: Agent, headers: Record<string, string>): Ask =>
  async (method, path, given) => {
    const body = Buffer.from(given ? JSON.stringify(given) : '');
    const json = { ...headers, accept: 'application/json', 'content-type': 'application/json' };
    const answer = await open(`${url}${path}`, agent, { method, headers: json, body });
    const bytes = await bytesOf(answer);
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    const told = isJson ? (JSON.parse(bytes.toString()) as ApiObject) : ({} as ApiObject);
    return { code: answer.statusCode ?? 500, headers: answer.headers, bytes, body: told };
  };
