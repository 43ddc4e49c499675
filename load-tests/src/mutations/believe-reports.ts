import { classIn, replace } from './plant.js';

type Read = (report: { body: string }) => Promise<unknown>;

/** Planted bug: what looks like a report of a provider is one, whoever has signed it. */
const phone = await classIn('apps/alerting/dist/senders/http-phone.js', 'HttpPhone');
replace<Read>(
  phone,
  'read',
  () =>
    ({ body }) =>
      Promise.resolve((JSON.parse(body) as { state: unknown }).state),
);
