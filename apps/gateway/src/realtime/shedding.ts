import type { LoadClass } from '../metrics.js';

/** What may wait on one socket: whichever is reached first. */
export const SEND_BUDGET = { bytes: 1024 * 1024, frames: 512 } as const;

/** From which share of the budget on a class is dropped. Entries and answers are not: past the whole the socket goes. */
const DROPPED_FROM: Readonly<Record<Exclude<LoadClass, 'message' | 'alarm'>, number>> = {
  typing: 0.5,
  presence: 0.65,
  receipt: 0.8,
};

/**
 * What to do with one more frame of this class when so much is waiting: typing goes first, then presence, then receipts,
 * then the socket, at twice the budget for an alarm. A frame that nothing waits before is always sent, whatever its size.
 */
export function admit(
  loadClass: LoadClass,
  waiting: { bytes: number; frames: number },
  frameBytes: number,
): 'send' | 'shed' | 'resync' {
  if (waiting.frames === 0) return 'send';
  const load = Math.max((waiting.bytes + frameBytes) / SEND_BUDGET.bytes, (waiting.frames + 1) / SEND_BUDGET.frames);
  // Where everything else has ended, an alarm still goes out: as much again is kept for them.
  if (loadClass === 'alarm') return load > 2 ? 'resync' : 'send';
  if (loadClass !== 'message') return load >= DROPPED_FROM[loadClass] ? 'shed' : 'send';
  return load > 1 ? 'resync' : 'send';
}
