import { classIn, replace } from './plant.js';

/** Planted bug: without Redis everything is allowed. */
type Take = (this: unknown, ...args: never[]) => Promise<{ allowed: boolean; retryAfterMs: number }>;
const buckets = await classIn('libs/redis/dist/token-buckets.fallback.js', 'FallbackBuckets');
replace<Take>(buckets, 'take', () => async () => ({ allowed: true, retryAfterMs: 0 }));
