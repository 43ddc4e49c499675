import type { CloseName } from '@relais/contracts';
import { WebSocket } from 'ws';
import { type LoadClass, shed, slowConsumerClosed } from '../metrics.js';
import type { RealtimeSocket } from './realtime-socket.js';
import { admit } from './shedding.js';

const AS_TEXT = { binary: false, compress: false } as const;

/** The way out to one client, with a bounded queue: what a client does not read costs the others nothing. */
export class Outlet {
  private waitingFrames = 0;
  /** One for the life of the socket, instead of one per frame. */
  private readonly written = (): void => void this.waitingFrames--;

  constructor(private readonly socket: RealtimeSocket) {}

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Bytes not yet taken by the operating system. */
  get waitingBytes(): number {
    return this.socket.bufferedAmount;
  }

  /**
   * Queues a frame unless the budget forbids it: see `admit`. Past the budget the socket is closed with `resync`.
   *
   * @returns false when the socket is closing or had to be closed
   */
  send(bytes: Uint8Array, loadClass: LoadClass): boolean {
    if (!this.isOpen) return false;
    const waiting = { bytes: this.socket.bufferedAmount, frames: this.waitingFrames };
    const verdict = admit(loadClass, waiting, bytes.length);
    if (verdict === 'shed') {
      shed(loadClass);
      return true;
    }
    if (verdict === 'resync') return false;
    this.waitingFrames++;
    this.socket.gather();
    this.socket.send(bytes, AS_TEXT, this.written);
    return true;
  }

  /** Says why and hangs up; a client that does not answer the closing is cut off a little later. */
  close(name: CloseName, retryAfterMs?: number): void {
    if (!this.isOpen) return;
    if (name === 'resync') slowConsumerClosed();
    this.socket.closeWith(name, retryAfterMs);
  }

  cut(): void {
    this.socket.terminate();
  }
}
