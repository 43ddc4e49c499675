import pg from 'pg';
import { die, oneIn, replace } from './plant.js';

/** Fault point: everything is written, and COMMIT is never sent. */
type Query = (this: unknown, ...args: unknown[]) => unknown;
replace(
  pg.Client as never,
  'query',
  ((original: Query): Query =>
    function (...args) {
      if (args[0] === 'COMMIT' && oneIn(200)) die();
      return original.apply(this, args);
    }) as never,
);
