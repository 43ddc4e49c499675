import { drainingIs, socketsCut } from '../metrics.js';
import type { Connection } from './connection.js';
import type { Hub } from './hub.js';

const TICK_MS = 50;
/** A request at work gets this long to be answered before its socket is closed. */
const ANSWER_WITHIN_MS = 2_500;
/** How long a client may take to answer the closing before it is cut off. */
const CLOSE_WITHIN_MS = 1_000;

export interface Drained {
  durationMs: number;
  cut: number;
}

/**
 * Sends the sockets of this replica elsewhere, spread over `windowMs`: each is told to come back after a time of its own,
 * and requests at work are answered first.
 *
 * @returns how long it took, and how many are still open because their clients have not answered the closing: to be cut
 */
export async function drainSockets(hub: Hub, windowMs: number, openSockets: () => number): Promise<Drained> {
  const startedAt = performance.now();
  drainingIs(true);
  const waiting = [...hub.connections];
  const perTick = Math.max(1, Math.ceil(waiting.length / Math.max(1, windowMs / TICK_MS)));
  const closing: Promise<void>[] = [];
  for (let at = 0; at < waiting.length; at += perTick) {
    for (const connection of waiting.slice(at, at + perTick)) closing.push(closeWhenAnswered(connection, windowMs));
    if (at + perTick < waiting.length) await pause(TICK_MS);
  }
  await Promise.all(closing);
  for (const connection of hub.connections) connection.close('draining', comeBackAfterMs(windowMs));
  for (let waitedMs = 0; openSockets() > 0 && waitedMs < CLOSE_WITHIN_MS; waitedMs += TICK_MS) await pause(TICK_MS);
  const cut = openSockets();
  socketsCut(cut);
  return { durationMs: Math.round(performance.now() - startedAt), cut };
}

async function closeWhenAnswered(connection: Connection, windowMs: number): Promise<void> {
  const deadline = performance.now() + ANSWER_WITHIN_MS;
  while (connection.outstanding > 0 && !connection.isClosed && performance.now() < deadline) await pause(TICK_MS);
  connection.close('draining', comeBackAfterMs(windowMs));
}

/** Full jitter over a third of the window: those closed together do not all knock at the next replica together. */
const comeBackAfterMs = (windowMs: number): number => Math.round(Math.random() * Math.min(5_000, windowMs / 3));

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
