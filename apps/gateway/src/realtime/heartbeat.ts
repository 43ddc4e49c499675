import type { ServerFrame } from '@relais/contracts';
import type { Clock } from '@relais/kernel';
import { framesSent, sendQueueIs } from '../metrics.js';
import type { Connection } from './connection.js';
import { encodeFrame } from './frames.js';
import type { Hub } from './hub.js';

const SLOTS = 20;
const MAX_HEADS = 100;
const HELLO_WITHIN_MS = 10_000;
/** A token's end is a second; clocks differ by a few. */
const TOKEN_LEEWAY_MS = 5_000;

const NOTHING_MOVED = encodeFrame({ type: 'heartbeat', heads: [] });

/**
 * One wheel for all sockets: each is given a random slot, and so a jittered first beat, and hears from us once per turn.
 * On the way the wheel looks at what else only time tells: hellos that never came, tokens that ran out, silence.
 */
export class Heartbeat {
  private readonly slots = Array.from({ length: SLOTS }, () => new Set<Connection>());
  private at = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly hub: Hub,
    private readonly heartbeatMs: number,
    private readonly clock: Clock,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.tick(), this.heartbeatMs / SLOTS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** The connection is ready: it is beaten from now on, until it is closed. */
  add(connection: Connection): void {
    if (!connection.isClosed) this.slots[Math.floor(Math.random() * SLOTS)]?.add(connection);
  }

  /** Moves the wheel by one slot. */
  tick(): void {
    this.at = (this.at + 1) % SLOTS;
    const slot = this.slots[this.at] ?? new Set();
    for (const connection of slot) {
      if (connection.isClosed) slot.delete(connection);
      else this.beat(connection);
    }
    this.lookAround();
  }

  /** Silent for two beats: the other side is gone, whatever TCP believes. */
  private beat(connection: Connection): void {
    const now = performance.now();
    if (now - connection.heardAtMs > 1.8 * this.heartbeatMs) return connection.close('heartbeat_missed', 0);
    const heads = movedSince(connection, connection.beatAtMs);
    connection.beatAtMs = now;
    framesSent('heartbeat', 1);
    connection.send(heads.length === 0 ? NOTHING_MOVED : encodeFrame({ type: 'heartbeat', heads }), 'message');
  }

  private lookAround(): void {
    const now = performance.now();
    const date = this.clock.now().getTime();
    let bytes = 0;
    for (const connection of this.hub.connections) {
      bytes += connection.waitingBytes;
      const { principal } = connection;
      if (!connection.isReady && now - connection.openedAtMs > HELLO_WITHIN_MS) connection.close('hello_timeout', 0);
      else if (principal && date > principal.expiresAtMs + TOKEN_LEEWAY_MS) connection.close('token_expired', 0);
    }
    sendQueueIs(bytes);
  }
}

type Heads = Extract<ServerFrame, { type: 'heartbeat' }>['heads'];

function movedSince({ person }: Connection, sinceMs: number): Heads {
  const heads: Heads = [];
  for (const { movedAtMs, conversationId, head } of person?.streams ?? []) {
    if (movedAtMs < sinceMs) continue;
    heads.push([conversationId, head]);
    if (heads.length === MAX_HEADS) break;
  }
  return heads;
}
