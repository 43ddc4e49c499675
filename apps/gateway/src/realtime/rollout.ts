/** What the gateways know of each other. */
export interface Gateway {
  readonly rollout: string;
  readonly startedAtMs: number;
  readonly sockets: number;
  readonly isFull: boolean;
  readonly isDraining: boolean;
}

/** A gateway that comes takes a quarter more than its share, so that it is not full before the others have let go. */
const ROOM = 1.25;
/** Counts are up to a second old, and matter little where there are few sockets. */
const SLACK = 10;
/** However few of many gateways take sockets, one try in so many ends with one. */
const TRIES = 10;

/**
 * The chance that a gateway takes one more socket, from 0 to 1, so that nobody is sent away twice: while gateways of one rollout
 * go, those of the one that comes take who was sent away, each up to its share. When they have as much or are full, when nobody
 * goes, or all are of one rollout, everybody takes whoever comes.
 */
export function chanceToTake(own: Gateway, others: readonly Gateway[]): number {
  const all = [own, ...others];
  const going = new Set(all.filter(({ isDraining }) => isDraining).map(({ rollout }) => rollout));
  if (going.size === 0 || all.every(({ rollout }) => rollout === own.rollout)) return 1;

  const ready = all.filter(({ isDraining }) => !isDraining);
  const takers = takersOf(ready, going, shareOf(all, ready.length));
  if (takers.length === 0 || takers.includes(own)) return 1;

  const chance = takers.length / ready.length;
  return Math.max(0, (1 / TRIES - chance) / (1 - chance));
}

/** Of the rollout that came last among those of which nobody goes; where somebody of each goes, of the last. */
function takersOf(ready: readonly Gateway[], going: ReadonlySet<string>, share: number): Gateway[] {
  const staying = ready.filter(({ rollout }) => !going.has(rollout));
  const [first, ...rest] = staying.length > 0 ? staying : ready;
  if (!first) return [];
  const newest = rest.reduce((last, one) => (one.startedAtMs > last.startedAtMs ? one : last), first);
  return ready.filter((one) => one.rollout === newest.rollout && one.sockets < share && !one.isFull);
}

const shareOf = (all: readonly Gateway[], ready: number): number =>
  (ROOM * all.reduce((sum, { sockets }) => sum + sockets, 0)) / Math.max(1, ready) + SLACK;
