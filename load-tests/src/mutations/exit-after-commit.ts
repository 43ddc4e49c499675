import { classIn, die, oneIn, replace } from './plant.js';

/** Fault point: the entries are committed, and nobody will ever be told by this process. */
type Commit = (this: unknown, ...args: never[]) => Promise<{ outcome: string }>;
const store = await classIn('apps/messaging/dist/entries/entry-store.postgres.js', 'PostgresEntryStore');
replace<Commit>(
  store,
  'commit',
  (original) =>
    async function (...args) {
      const result = await original.apply(this, args);
      return result.outcome === 'committed' && oneIn(150) ? die() : result;
    },
);
