import { classIn, replace } from './plant.js';

type Fire = (tx: unknown, timer: { late_seconds?: number }) => Promise<boolean>;

/** What was due for longer than this is taken for settled. */
const FORGOTTEN_AFTER_SECONDS = 5;
const engine = await classIn('apps/alerting/dist/engine/engine.js', 'Engine');
const timers = (await import(
  new URL('../../../apps/alerting/dist/engine/timers.postgres.js', import.meta.url).href
)) as {
  dropTimer(...args: unknown[]): Promise<unknown>;
};

replace<Fire>(
  engine,
  'fire',
  (fire) =>
    async function (this: unknown, tx, timer) {
      if ((timer.late_seconds ?? 0) < FORGOTTEN_AFTER_SECONDS) return fire.call(this, tx, timer);
      await timers.dropTimer(tx, timer);
      return false;
    },
);
