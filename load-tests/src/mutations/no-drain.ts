import { replace, classIn } from './plant.js';

/** Planted bug: a gateway that goes cuts its sockets off instead of sending them elsewhere. */
const realtime = await classIn('apps/gateway/dist/realtime/realtime.js', 'Realtime');
replace(
  realtime,
  'close',
  () =>
    function (this: unknown) {
      (this as { sockets: { cutAll(): void } }).sockets.cutAll();
    },
);
