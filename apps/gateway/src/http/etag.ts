import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** As much of Fastify's reply as a tag needs. */
interface Tagging {
  statusCode: number;
  code(status: number): unknown;
  header(name: string, value: string): unknown;
}

/** Gives a successful answer its ETag; to who has that answer already it becomes 304 without content (RFC 9110, 13.1.2). */
export function tagged(headers: IncomingHttpHeaders, reply: Tagging, payload: unknown): unknown {
  if (reply.statusCode !== 200 || typeof payload !== 'string') return payload;
  const etag = `"${hash('sha256', payload, 'base64url').slice(0, 22)}"`;
  reply.header('etag', etag);
  if (!isKnown(headers['if-none-match'], etag)) return payload;
  reply.code(304);
  return '';
}

const isKnown = (known: string | undefined, etag: string): boolean =>
  known === '*' || (known?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag) ?? false);
