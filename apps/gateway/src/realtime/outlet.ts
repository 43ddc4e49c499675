import type { CloseName } from '@relais/contracts';
import { WebSocket } from 'ws';
import { type LoadClass, shed, slowConsumerClosed } from '../metrics.js';
import type { RealtimeSocket } from './realtime-socket.js';
import { admit } from './shedding.js';

const AS_TEXT = { binary: false, compress: false } as const;
/** Frames gathered for one write to the network; more are written at once, so that what is slow shows. */
const MAX_GATHERED = 64;

/** The way out to one client, with a bounded queue: what a client does not read costs the others nothing. */
export class Outlet {
  private waitingFrames = 0;
  private gathered = 0;
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
   * Queues a frame unless the budget forbids it: see `admit`. Past the budget the socket is to be closed with `resync`.
   *
   * @returns false when the socket is closing or has to be closed
   */
  send(frame: Uint8Array, loadClass: LoadClass): boolean {
    if (!this.isOpen) return false;
    if (this.gathered >= MAX_GATHERED) this.flush();
    const bytes = this.socket.bufferedAmount;
    const verdict = admit(loadClass, { bytes, frames: bytes === 0 ? 0 : this.waitingFrames }, frame.length);
    if (verdict === 'shed') shed(loadClass);
    if (verdict !== 'send') return verdict === 'shed';
    this.gather();
    this.waitingFrames++;
    this.socket.send(frame, AS_TEXT, this.written);
    return true;
  }

  /** Says why and hangs up; a client that does not answer the closing is cut off a little later. */
  close(name: CloseName, retryAfterMs?: number): void {
    if (!this.isOpen) return;
    if (name === 'resync') slowConsumerClosed();
    this.socket.closeWith(name, retryAfterMs);
  }

  ended(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => void this.socket.once('close', () => resolve()));
  }

  cut(): void {
    this.socket.terminate();
  }

  /** Hands what was gathered to the network. */
  flush(): void {
    if (this.gathered === 0) return;
    this.gathered = 0;
    this.socket.stream?.uncork();
  }

  /** All frames of one turn of the event loop go out in one write: an answer with its entry, a burst as one. */
  private gather(): void {
    if (this.gathered++ > 0) return;
    this.socket.stream?.cork();
    if (gathering.push(this) === 1) setImmediate(flushAll);
  }
}

let gathering: Outlet[] = [];

function flushAll(): void {
  const due = gathering;
  gathering = [];
  for (const outlet of due) outlet.flush();
}
