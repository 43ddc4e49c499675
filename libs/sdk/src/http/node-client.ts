import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HttpAsked, HttpClient } from './http-client.js';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** For a small process that never calls `fetch`: what Node loads for that takes 11 MiB (see lean-http of libs/observability). */
export const nodeClient: HttpClient = async (url, asked) => {
  const response = await answerTo(url, asked);
  const { statusCode: status = 0, headers } = response;
  if (REDIRECTS.has(status)) {
    response.destroy();
    throw new Error('unexpected redirect');
  }
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status, header: (name) => headers[name.toLowerCase()]?.toString() ?? null, body: Buffer.concat(chunks) };
};

function answerTo(url: string, { method, headers, body, signal }: HttpAsked): Promise<IncomingMessage> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    request(url, { method, headers, signal }).on('response', resolve).on('error', reject).end(body);
  });
}
