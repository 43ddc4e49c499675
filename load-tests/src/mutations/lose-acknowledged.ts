import pg from 'pg';
import { oneIn, replace } from './plant.js';

/** Planted bug: now and then what was acknowledged is rolled back, and said to be committed. */
type Query = (this: unknown, ...args: unknown[]) => unknown;
replace(
  pg.Client as never,
  'query',
  ((original: Query): Query =>
    function (...args) {
      if (args[0] !== 'COMMIT' || !oneIn(100)) return original.apply(this, args);
      const rolledBack = original.call(this, 'ROLLBACK') as Promise<object>;
      return rolledBack.then((result) => ({ ...result, command: 'COMMIT' }));
    }) as never,
);
