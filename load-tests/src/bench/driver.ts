import type { WebSocket } from 'ws';

/** One direction of one pair: somebody who writes to somebody who listens. */
export interface Pair {
  /** Sends a text; `acknowledged` and `delivered` are told later, with the text. */
  send(text: string): void;
  onAcknowledged: (text: string) => void;
  onDelivered: (text: string) => void;
}

/** What is measured: the product or the bare path, reached by the same kind of sockets. */
export interface Driver {
  readonly name: string;
  pairs(count: number): Promise<Pair[]>;
  /** CPU time of each server process, by name. */
  cpuSeconds(): Record<string, number>;
  close(): Promise<void>;
}

const FILLER = 'x'.repeat(120);

/** A text of 120 bytes that begins with the time it was sent. */
export const textNow = (): string => `${performance.now()} ${FILLER}`.slice(0, FILLER.length);
export const sentAtMs = (text: string): number => Number(text.split(' ', 1)[0]);
export const ageOf = (text: string): number => performance.now() - sentAtMs(text);

export const opened = (socket: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });

export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
