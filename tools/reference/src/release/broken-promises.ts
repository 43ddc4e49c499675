import { lookIn, narrowed, type Sides } from './narrowed.js';
import type { Exchange, Promises } from './promises.js';
import { takenAway } from './taken-away.js';

/** What the release of `old` relies on in a rollout, and `now` no longer gives; one line each. */
export function brokenPromises(old: Promises, now: Promises): string[] {
  const sides: Sides = { old: lookIn(old.components), now: lookIn(now.components) };
  const exchanges = Object.entries(old.exchanges).flatMap(([name, before]) => {
    const after = now.exchanges[name];
    return after ? broken(name, before, after, sides) : [`${name}: is gone`];
  });
  const routes = Object.entries(old.routes)
    .filter(([name, route]) => now.routes[name] !== route)
    .map(([name, route]) => `route ${name}: was ${route}, is ${now.routes[name] ?? 'gone'}`);
  return [...exchanges, ...routes];
}

/** What is published is sent by one release and read by the other, in both directions. */
function broken(name: string, old: Exchange, now: Exchange, sides: Sides): string[] {
  const refused = narrowed(old.sent, now.sent, `${name} sent`, sides);
  if (!old.answered || !now.answered) return [...refused, ...takenAway(old.sent, now.sent, `${name} published`, sides)];
  return [...refused, ...takenAway(old.answered, now.answered, `${name} answered`, sides)];
}
