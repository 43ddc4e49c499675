import { type ClientFrame, clientFrame, type ServerFrame } from '@relais/contracts';
import type { AppError } from '@relais/kernel';

/** A frame of ours; a request that can be refused by its number; or nothing that belongs on this socket. */
export type Decoded =
  | { readonly is: 'frame'; readonly frame: ClientFrame }
  | { readonly is: 'refused'; readonly n: number }
  | { readonly is: 'invalid' };

const INVALID: Decoded = { is: 'invalid' };
const NUMBERED: ReadonlySet<unknown> = new Set(['append', 'sync', 'token']);

/** Reads what a client sent. Never throws, whatever the bytes are. */
export function decodeFrame(bytes: Buffer): Decoded {
  let said: unknown;
  try {
    said = JSON.parse(bytes.toString());
  } catch {
    return INVALID;
  }
  const parsed = clientFrame.safeParse(said);
  if (parsed.success) return { is: 'frame', frame: parsed.data };
  const n = numberOf(said);
  return n === undefined ? INVALID : { is: 'refused', n };
}

function numberOf(said: unknown): number | undefined {
  if (typeof said !== 'object' || said === null || !('n' in said) || !('type' in said)) return undefined;
  const { n, type } = said;
  return NUMBERED.has(type) && Number.isSafeInteger(n) && (n as number) >= 0 ? (n as number) : undefined;
}

export const encodeFrame = (frame: ServerFrame): Buffer => Buffer.from(JSON.stringify(frame));

/** The answer to a request that failed. */
export const refusal = (n: number, { code, kind, retryable, retryAfterMs, says }: AppError): Buffer =>
  encodeFrame({
    type: 'refusal',
    n,
    error: {
      ...{ code, kind, retryable },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(says === undefined ? {} : { detail: says }),
    },
  });
