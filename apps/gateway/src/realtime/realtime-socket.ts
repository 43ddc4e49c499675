import type { Duplex } from 'node:stream';
import { CLOSE_CODES, type CloseName } from '@relais/contracts';
import { WebSocket } from 'ws';
import type { EndReason } from '../metrics.js';
import type { Connection } from './connection.js';

/** How the protocol library would close by itself, in the words of ours. */
const OURS: Readonly<Record<number, CloseName>> = { 1002: 'invalid_frame', 1007: 'invalid_frame', 1009: 'too_large' };

/** A socket that closes with our codes and a JSON reason only. */
export class RealtimeSocket extends WebSocket {
  connection: Connection | undefined;
  /** The bytes underneath. */
  stream: Duplex | undefined;
  /** Which of our reasons it was closed for, if it was us. */
  closedFor: EndReason | undefined;

  /** Called by the library for frames it refuses, and to echo a closing of the peer. */
  override close(code?: number, reason?: string | Buffer): void {
    const name = this.readyState === WebSocket.OPEN && code !== undefined ? OURS[code] : undefined;
    if (name) return this.closeWith(name);
    super.close(code, reason);
  }

  closeWith(name: CloseName, retryAfterMs?: number): void {
    this.closedFor ??= name;
    const reason = JSON.stringify({ code: name, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    super.close(CLOSE_CODES[name].code, reason);
  }
}
