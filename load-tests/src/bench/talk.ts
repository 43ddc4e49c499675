import { drip } from './message-path.js';
import { type Pair, sentAtMs } from './driver.js';

interface Delivered {
  sentAtMs: number;
  tookMs: number;
}

/** People who talk at a steady pace while something else happens. */
export class Talk {
  private readonly delivered: Delivered[] = [];
  private readonly stops: (() => void)[];

  constructor(pairs: readonly Pair[], perSecond: number) {
    for (const pair of pairs)
      pair.onDelivered = (text) => {
        const at = sentAtMs(text);
        this.delivered.push({ sentAtMs: at, tookMs: performance.now() - at });
      };
    this.stops = drip(pairs, perSecond);
  }

  /** How long those took that were sent from one moment to another, ms, ascending. */
  between(fromMs: number, toMs: number): number[] {
    const sent = this.delivered.filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < toMs);
    return sent.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  }

  end(): void {
    for (const stop of this.stops) stop();
  }
}
