import { canonicalName, type Json, type JsonObject } from './hostile-json.js';
import { badRequest } from './scim-error.js';

const MAX_NAMES = 50;
const ALWAYS = new Set(['schemas', 'id']);

/** Which attributes an answer has (RFC 7644, 3.9). */
export interface Projection {
  attributes: ReadonlySet<string> | null;
  excluded: ReadonlySet<string>;
}

export function projectionOf(query: Readonly<Record<string, string>>): Projection {
  const { attributes, excludedAttributes } = query;
  if (attributes && excludedAttributes) throw badRequest('invalidValue', 'attributes or excludedAttributes, not both');
  return {
    attributes: attributes ? namesIn(attributes) : null,
    excluded: excludedAttributes ? namesIn(excludedAttributes) : new Set(),
  };
}

function namesIn(list: string): Set<string> {
  const names = list.split(',').filter((name) => name.trim() !== '');
  if (names.length > MAX_NAMES) throw badRequest('invalidValue', `at most ${MAX_NAMES} attributes`);
  return new Set(names.map((name) => canonicalName(name.trim())));
}

/** Whether a top-level attribute, or any part of it, is in the answer. */
export function shows({ attributes, excluded }: Projection, name: string): boolean {
  if (ALWAYS.has(name)) return true;
  if (attributes) return [...attributes].some((one) => one === name || one.startsWith(`${name}.`));
  return !excluded.has(name);
}

export function project(resource: JsonObject, projection: Projection): JsonObject {
  const shown = Object.entries(resource).filter(([name]) => shows(projection, name));
  return Object.fromEntries(shown.map(([name, value]) => [name, partsOf(name, value, projection)]));
}

function partsOf(name: string, value: Json, projection: Projection): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => partsOf(name, one, projection));
  const { attributes, excluded } = projection;
  const isWhole = attributes === null || attributes.has(name);
  const isShown = (part: string) => (isWhole || attributes.has(`${name}.${part}`)) && !excluded.has(`${name}.${part}`);
  return Object.fromEntries(Object.entries(value).filter(([part]) => isShown(part)));
}
