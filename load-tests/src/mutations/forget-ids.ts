import { randomUUID } from 'node:crypto';
import { classIn, replace } from './plant.js';
import './exit-after-commit.js';

/** Planted bug: a repeated entry is taken for a new one. */
type Add = (this: unknown, organizationId: string, wish: { command: { id: string } }) => unknown;
const collector = await classIn('apps/messaging/dist/entries/append-collector.js', 'AppendCollector');
replace<Add>(
  collector,
  'add',
  (original) =>
    function (organizationId, wish) {
      return original.call(this, organizationId, { ...wish, command: { ...wish.command, id: randomUUID() } });
    },
);
