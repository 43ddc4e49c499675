import { classIn, die, oneIn, replace } from './plant.js';

/** Planted bug: the cursor is moved first, and the process may end before the events are in the stream. */
type Publish = (this: unknown, ...args: never[]) => Promise<number>;
type Advance = (this: unknown, ...args: never[]) => Promise<void>;
const waiting: (() => Promise<number>)[] = [];
const stream = await classIn('libs/bus/dist/event-stream.js', 'EventStream');
const relay = await classIn('libs/database/dist/outbox-relay.js', 'OutboxRelay');
replace<Publish>(
  stream,
  'publish',
  (original) =>
    async function (...args) {
      waiting.push(() => original.apply(this, args));
      return 0;
    },
);
replace<Advance>(
  relay,
  'moveCursor',
  (original) =>
    async function (...args) {
      await original.apply(this, args);
      if (oneIn(20)) die();
      await Promise.all(waiting.splice(0).map((publish) => publish()));
    },
);
