import pg from 'pg';
import { oneIn, replace } from './plant.js';

/** Planted bug: now and then what was acknowledged is rolled back. */
type Query = (this: unknown, ...args: unknown[]) => unknown;
replace(
  pg.Client as never,
  'query',
  ((original: Query): Query =>
    function (...args) {
      if (args[0] === 'COMMIT' && oneIn(100)) args[0] = 'ROLLBACK';
      return original.apply(this, args);
    }) as never,
);
