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

  /** How long those took that were sent from one moment to another, ms. */
  between(fromMs: number, toMs: number): number[] {
    return this.delivered.flatMap(({ sentAtMs, tookMs }) => (sentAtMs >= fromMs && sentAtMs < toMs ? [tookMs] : []));
  }

  end(): void {
    for (const stop of this.stops) stop();
  }
}
