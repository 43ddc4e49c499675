import pg from 'pg';
import { die, oneIn, replace } from './plant.js';

/** Planted bug: the answer goes out first, and the process ends before COMMIT does. */
const REPLY_MS = 20;
type Query = (this: unknown, ...args: unknown[]) => unknown;
replace(
  pg.Client as never,
  'query',
  ((original: Query): Query =>
    function (...args) {
      if (args[0] !== 'COMMIT' || !oneIn(100)) return original.apply(this, args);
      setTimeout(die, REPLY_MS);
      return Promise.resolve({ rows: [], command: 'COMMIT' });
    }) as never,
);
