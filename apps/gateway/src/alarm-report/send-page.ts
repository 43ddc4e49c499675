import { notTaken } from '@relais/contracts';
import type { Readable } from 'node:stream';
import { PAGE_POLICY } from './page.js';

export interface StreamedReply {
  header(name: string, value: string): StreamedReply;
  send(body: Readable): void;
}

export const sendPage = (reply: StreamedReply, page: Readable): void =>
  reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', PAGE_POLICY)
    .header('referrer-policy', 'no-referrer')
    .send(page);

/** @throws AppError `invalid_request` for what is not known here */
export function checked(query: Record<string, unknown>, known: readonly string[]): Record<string, string> {
  for (const [name, value] of Object.entries(query))
    if (!known.includes(name) || typeof value !== 'string' || value.length > 64) throw notTaken(`unexpected ${name}`);
  return query as Record<string, string>;
}
