import { classIn, replace } from './plant.js';

/** Planted bug: an event that cannot be handled is tried for ever instead of being put aside. */
type PutAside = (this: unknown, message: { nak(): void }) => Promise<void>;
const consumer = await classIn('libs/bus/dist/event-consumer.js', 'EventConsumer');
replace<PutAside>(consumer, 'putAside', () => async (message) => message.nak());
