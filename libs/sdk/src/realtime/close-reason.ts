import { CLOSE_CODES, type SOCKET_ERRORS, shouldReconnect } from '@relais/contracts';
import { z } from 'zod';
import { jsonOf } from '../http/read-problem.js';

/** Why a socket ended. */
export interface SocketEnd {
  /** The WebSocket close code; 1006 when there was none. */
  closeCode: number;
  /** The gateway's word for it, also where it opened no socket, or `server_silent`, `no_ready`, `unreachable`, `network`. */
  code: string;
  retryAfterMs?: number;
}

const ANOTHER_GATEWAY: keyof typeof SOCKET_ERRORS = 'another_gateway';

const reasonSchema = z.object({ code: z.string().max(64), retryAfterMs: z.number().nonnegative().optional() });

/** Reads a close frame. The reason is the gateway's JSON, or nothing that can be relied on. */
export function readClose(closeCode: number, reason: string): SocketEnd {
  const parsed = reasonSchema.safeParse(jsonOf(reason));
  return { closeCode, ...(parsed.data ?? { code: 'network' }) };
}

export type Afterwards = 'reconnect' | 'refresh_and_reconnect' | 'reconnect_as_successor' | 'stay_away';

/**
 * What a client does after a socket ended. An expired token is worth exactly one newer one; one that was put out is over,
 * unless another has taken its place: then the person has shown once more who they are.
 */
export function afterwards({ closeCode }: SocketEnd): Afterwards {
  if (closeCode === CLOSE_CODES.revoked.code) return 'reconnect_as_successor';
  if (!shouldReconnect(closeCode)) return 'stay_away';
  return closeCode === CLOSE_CODES.token_expired.code ? 'refresh_and_reconnect' : 'reconnect';
}

/** While gateways are replaced some take nobody new: nothing is wrong, and whoever asks again comes to another one. */
export const isForAnother = ({ code }: SocketEnd): boolean => code === ANOTHER_GATEWAY;
