import { classIn, replace } from './plant.js';

/**
 * Planted bug: replicas of this checkout tell their gateways live what happens under names that only gateways of this checkout
 * listen to. Those of another checkout have classes of their own, and are left alone.
 */
type Publish = (subject: string, data: unknown) => void;
type Want = (subject: string) => () => void;
type Hear = (data: unknown, subject: string) => void;

const own = (subject: string): string => `${subject}.own`;
const usual = (subject: string): string => subject.replace(/\.own$/, '');
const publisher = await classIn('libs/bus/dist/live.js', 'LivePublisher');
const live = await classIn('libs/bus/dist/live.js', 'Live');

replace<Publish>(
  publisher,
  'publish',
  (publish) =>
    function (this: unknown, subject, data) {
      publish.call(this, own(subject), data);
    },
);
replace<Want>(
  live,
  'want',
  (want) =>
    function (this: unknown, subject) {
      return want.call(this, own(subject));
    },
);
replace<Hear>(
  live,
  'hear',
  (hear) =>
    function (this: unknown, data, subject) {
      hear.call(this, data, usual(subject));
    },
);
