import type { JsonSchema } from '../json-schema.js';
import { fewest, isSchema, optionsOf, type Sides, valuesOf, whole } from './narrowed.js';

/**
 * Where somebody who reads by `old` misses something in what `now` answers: a field that is gone, may be missing, or is of
 * another type. Further values in a list and further members of a union are no finding: readers must expect them.
 */
export function takenAway(oldOne: JsonSchema, nowOne: JsonSchema, at: string, sides: Sides): string[] {
  const [old, now] = [sides.old(oldOne), sides.now(nowOne)];
  const known = Map.groupBy(
    optionsOf(old, sides.old).map((option) => whole(option, sides.old)),
    keyOf,
  );
  return optionsOf(now, sides.now).flatMap((option) => {
    const answered = whole(option, sides.now);
    const findings = known.get(keyOf(answered))?.map((expected) => compare(expected, answered, at, sides));
    if (findings) return fewest(findings);
    const key = keyOf(answered);
    return key.startsWith('{') ? [] : [`${at}: may be ${key}, was ${[...known.keys()].join(' or ')}`];
  });
}

/** By what readers tell the members of a union apart: their constants, else their type. */
function keyOf(schema: JsonSchema): string {
  const constants = Object.entries(schema.properties ?? {}).filter(([, { const: value }]) => value !== undefined);
  if (constants.length > 0)
    return JSON.stringify(Object.fromEntries(constants.map(([name, one]) => [name, one.const])));
  const [value] = valuesOf(schema) ?? [];
  return String(schema.type ?? (value === undefined ? 'anything' : typeof value));
}

function compare(old: JsonSchema, now: JsonSchema, at: string, sides: Sides): string[] {
  const found = [...optional(old, now, at)];
  for (const [name, schema] of Object.entries(old.properties ?? {})) {
    const answered = now.properties?.[name];
    if (answered) found.push(...takenAway(schema, answered, `${at}.${name}`, sides));
    else found.push(`${at}.${name}: is gone`);
  }
  for (const inner of ['items', 'additionalProperties']) {
    const [before, after] = [old[inner], now[inner]];
    if (isSchema(before) && isSchema(after)) found.push(...takenAway(before, after, `${at}[]`, sides));
  }
  return found;
}

const optional = (old: JsonSchema, now: JsonSchema, at: string): string[] =>
  (old.required ?? [])
    .filter((name) => now.properties?.[name] && !now.required?.includes(name))
    .map((name) => `${at}.${name}: may be missing`);
