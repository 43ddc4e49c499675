import { setTimeout as pause } from 'node:timers/promises';
import { classIn, die, oneIn, replace } from './plant.js';

type Fire = (tx: unknown, timer: unknown, hand: { taken: readonly unknown[] }) => Promise<boolean>;
type Batch = (...args: never[]) => Promise<number>;
type Send = (...args: never[]) => Promise<unknown>;

/** Where it ends, one time in three: before the commit of what was due, after it, before sending, or after it. */
const phase = process.env['FAULT_PHASE'];
/** Said once for a batch: one with many timers would never get through. */
let isDoomed = false;
const engine = await classIn('apps/alerting/dist/engine/engine.js', 'Engine');
const socket = await classIn('apps/alerting/dist/notifications/socket-path.js', 'SocketPath');

replace<Fire>(
  engine,
  'fire',
  (fire) =>
    async function (this: unknown, ...args) {
      const isSending = await fire.apply(this, args);
      return isDoomed && (isSending || args[2].taken.length > 0) ? die() : isSending;
    },
);
replace<Batch>(
  engine,
  'batch',
  (batch) =>
    async function (this: unknown, ...args) {
      isDoomed = phase === 'claim' && oneIn(3);
      const fired = await batch.apply(this, args);
      return phase === 'committed' && fired > 0 && oneIn(3) ? die() : fired;
    },
);
replace<Send>(
  socket,
  'send',
  (send) =>
    async function (this: unknown, ...args) {
      if (phase === 'sending' && oneIn(3)) die();
      const outcomes = await send.apply(this, args);
      if (phase !== 'sent' || !oneIn(3)) return outcomes;
      // What was published has left by then.
      await pause(50);
      return die();
    },
);
