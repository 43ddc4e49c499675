import { classIn, replace } from './plant.js';

/** Planted bug: a gateway shows what is said in any conversation to everybody it holds, of whatever organization. */
interface Stream {
  members: Map<unknown, number>;
}
interface Hub {
  everyone(): Iterable<unknown>;
}
type HandOut = (this: unknown, stream: Stream, entry: unknown) => void;
const delivery = await classIn('apps/gateway/dist/realtime/delivery.js', 'Delivery');
replace<HandOut>(
  delivery,
  'handOut',
  (handOut) =>
    function (stream, entry) {
      const { hub } = this as { hub: Hub };
      const members = new Map([...hub.everyone()].map((person) => [person, 0]));
      handOut.call(this, Object.create(stream, { members: { value: members } }) as Stream, entry);
    },
);
