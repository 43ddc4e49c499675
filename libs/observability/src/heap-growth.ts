import { setFlagsFromString } from 'node:v8';

/**
 * By how much what V8 found alive may grow before it looks through all of the heap again, percent. Where the heap may have 256 MiB at
 * most it takes 30 by itself (V8, `MemoryController::MaxGrowingFactor`), which at 500 messages per second is a collection every 1.5 s;
 * each makes everything sent within some 70 ms late, and so what is late is more than one message in a hundred.
 */
const GROWTH_PERCENT = 100;

/** Collects all of the heap less often, for up to as much memory again as is alive; never beyond `--max-old-space-size`. */
export const letHeapGrow = (): void => setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
