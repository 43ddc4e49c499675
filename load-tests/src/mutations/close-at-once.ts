import { classIn, replace } from './plant.js';

/** Planted bug: a gateway that goes closes all its sockets at once. */
const realtime = await classIn('apps/gateway/dist/realtime/realtime.js', 'Realtime');
replace(
  realtime,
  'close',
  (close) =>
    function (this: unknown) {
      const { parts } = this as { parts: { config: { DRAIN_MS: number } } };
      parts.config = { ...parts.config, DRAIN_MS: 0 };
      return close.call(this);
    },
);
