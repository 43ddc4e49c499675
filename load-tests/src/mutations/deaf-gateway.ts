import { classIn, replace } from './plant.js';

/** Planted bug: a gateway that hears nothing any more keeps its sockets. */
const busWatch = await classIn('apps/gateway/dist/realtime/bus-watch.js', 'BusWatch');
replace(busWatch, 'start', () => () => undefined);
