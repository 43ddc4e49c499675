import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { jsonOf, retryAfterMs } from '../http/read-problem.js';
import type { SocketEnd } from './close-reason.js';

const MAX_CHARACTERS = 4_096;
const problem = z.object({ code: z.string().max(64), retryAfterMs: z.number().nonnegative().optional() });

/**
 * What was said instead of opening a socket: the gateway's problem, which is exact to the millisecond, or what something in between
 * made of it: `unreachable`, with its Retry-After.
 */
export async function readRefusal(response: IncomingMessage): Promise<SocketEnd> {
  const asked = retryAfterMs(response.headers['retry-after'] ?? null, Date.now());
  const said = problem.safeParse(jsonOf(await beginningOf(response))).data;
  return { closeCode: 1006, code: said?.code ?? 'unreachable', retryAfterMs: said?.retryAfterMs ?? asked };
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const part of response.setEncoding('utf8')) {
      text += String(part);
      if (text.length > MAX_CHARACTERS) break;
    }
  } catch {
    // Cut off: what came is what there is.
  }
  return text;
}
