import { classIn, die, oneIn, replace } from './plant.js';

/** Fault point: the events are in the stream, and the cursor is never moved. */
type Advance = (this: unknown, ...args: never[]) => Promise<void>;
const relay = await classIn('libs/database/dist/outbox-relay.js', 'OutboxRelay');
replace<Advance>(
  relay,
  'moveCursor',
  (original) =>
    async function (...args) {
      if (oneIn(20)) die();
      return original.apply(this, args);
    },
);
