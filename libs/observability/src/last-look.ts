/** The usual pause of a Prometheus between two looks, and a little. */
const LOOKS_AGAIN_WITHIN_MS = 35_000;
/** Who has not looked for so long does not look any more. */
const LOOKED_LATELY_MS = 180_000;

/** What is counted as the process ends is seen by nobody, unless the process waits for one more look at its metrics. */
export class LastLook {
  private lookedAtMs = -Infinity;
  private isWanted = false;
  private readonly looked = Promise.withResolvers<void>();

  /** Something was just counted that an alert rests on, and the process is about to end. */
  want(): void {
    this.isWanted = true;
  }

  /** Somebody looks at the metrics as they are now. @returns what to call once the answer is on its way */
  begins(): () => void {
    const isLast = this.isWanted;
    return () => {
      this.lookedAtMs = performance.now();
      if (isLast) this.looked.resolve();
    };
  }

  /** Resolves at once where no look is wanted or nobody looks; else with the next one, `withinMs` at the latest. */
  async over(withinMs: number): Promise<void> {
    if (!this.isWanted || performance.now() - this.lookedAtMs > LOOKED_LATELY_MS) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(withinMs, LOOKS_AGAIN_WITHIN_MS));
    });
    await Promise.race([this.looked.promise, late]);
    clearTimeout(timer);
  }
}

/** Of this process. */
export const lastLook = new LastLook();
