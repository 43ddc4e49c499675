import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 64 * 1024;
const jwks = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

/**
 * Reads a set of keys from where an administrator said it is. Follows no redirect, waits no longer than five seconds and reads
 * no more than 64 KiB.
 *
 * @throws Error when there is none
 */
export async function fetchJwks(url: string): Promise<JSONWebKeySet> {
  const answer = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok || !answer.body) throw new Error(`answered ${answer.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return jwks.parse(JSON.parse(Buffer.concat(chunks).toString('utf8'))) as JSONWebKeySet;
}
