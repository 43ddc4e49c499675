const queued: (() => void)[] = [];

/**
 * Runs work together with everything else queued in this turn of the event loop, in order. A write to the network costs
 * a system call however small it is; what many handlers send within one turn then goes out as one.
 */
export function atEndOfTurn(work: () => void): void {
  if (queued.push(work) === 1) setImmediate(runQueued);
}

function runQueued(): void {
  for (const work of queued.splice(0)) work();
}

/** Resolves after everything queued so far has run. */
export const endOfTurn = (): Promise<void> => new Promise((resolve) => atEndOfTurn(resolve));
