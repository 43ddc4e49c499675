import type { Usage } from '@relais/devstack';
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
  /** CPU time and memory of each server process, by name. */
  usage(): Record<string, Usage>;
  close(): Promise<void>;
}

export const opened = (socket: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });

export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
