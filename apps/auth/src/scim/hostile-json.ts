import { badRequest } from './scim-error.js';

const MAX_DEPTH = 6;
const MAX_VALUES = 20_000;
const DANGEROUS = /__proto__|(?:^|[.:[\s(])(?:constructor|prototype)(?:$|[.[\s\]])/i;

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** Names of attributes are compared without case (RFC 7643, 2.1): this is how they are written here. */
const NAMES = new Map(
  [
    ...['schemas', 'id', 'externalId', 'meta', 'userName', 'name', 'formatted', 'familyName', 'givenName'],
    ...['displayName', 'active', 'emails', 'phoneNumbers', 'value', 'type', 'primary', 'display', 'groups', 'members'],
    ...['Operations', 'op', 'path'],
  ].map((name) => [name.toLowerCase(), name]),
);
const PREFIX = /^urn:ietf:params:scim:schemas:core:2\.0:(?:User|Group):/i;

export const isDangerous = (name: string): boolean => DANGEROUS.test(name);

/** The name of an attribute, or a path of them, as it is written here: without the core schema in front. */
export const canonicalName = (path: string): string =>
  path
    .replace(PREFIX, '')
    .split('.')
    .map((name) => NAMES.get(name.toLowerCase()) ?? name)
    .join('.');

/**
 * Reads what a client sent: a JSON object of bounded size and depth, with the names of attributes as they are written here,
 * and without any that reaches into the prototypes of objects.
 *
 * @throws ScimError `invalidSyntax`
 */
export function readHostileJson(text: string): JsonObject {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    throw badRequest('invalidSyntax', 'the body is not JSON');
  }
  if (typeof said !== 'object' || said === null || Array.isArray(said))
    throw badRequest('invalidSyntax', 'expected a JSON object');
  return cleaned(said as Json, { left: MAX_VALUES }, 0) as JsonObject;
}

function cleaned(value: Json, budget: { left: number }, depth: number): Json {
  if (depth > MAX_DEPTH || --budget.left < 0)
    throw badRequest('invalidSyntax', 'the body is too deep or has too many values');
  if (Array.isArray(value)) return value.map((one) => cleaned(one, budget, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]): [string, Json] => {
    if (isDangerous(key)) throw badRequest('invalidSyntax', 'there is no such attribute');
    return [canonicalName(key), cleaned(one, budget, depth + 1)];
  });
  return Object.fromEntries(entries);
}
