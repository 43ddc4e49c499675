import { z } from 'zod';
import { canonicalName, isDangerous, type Json, type JsonObject } from './hostile-json.js';
import { badRequest } from './scim-error.js';
import { wordsOf } from './user-document.js';

const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const MAX_OPERATIONS = 100;
const MAX_EXPANDED = 500;
const MAX_PATH_CHARACTERS = 256;

/** RFC 7644, figure 7: an attribute, perhaps a filter on its values, perhaps one of their parts. */
const PATH = /^((?:urn:[\w.:-]{1,128}:)?[A-Za-z$][\w$-]{0,63})(?:\[([^[\]]{1,200})\])?(?:\.([A-Za-z$][\w$-]{0,63}))?$/;
const READ_ONLY = new Set(['id', 'schemas', 'meta', 'groups']);

export interface Operation {
  op: 'add' | 'replace' | 'remove';
  path?: string;
  value?: Json;
}

const patchBody = z.object({
  schemas: z.array(z.string()).max(20),
  Operations: z
    .array(
      z.object({
        op: z.string().max(16),
        path: z.string().max(MAX_PATH_CHARACTERS).optional(),
        value: z.json().optional(),
      }),
    )
    .min(1)
    .max(MAX_OPERATIONS),
});

/**
 * The operations of a PATCH, checked one by one: few, with short and flat paths that do not lead to what is read-only, and
 * with verbs in lower case, which Microsoft Entra ID writes with a capital.
 */
export function readOperations(body: JsonObject, id: string): Operation[] {
  const read = patchBody.safeParse(body);
  if (!read.success) throw badRequest('invalidSyntax', wordsOf(read.error));
  if (!read.data.schemas.some((schema) => schema.toLowerCase() === PATCH_SCHEMA.toLowerCase()))
    throw badRequest('invalidSyntax', `schemas does not name ${PATCH_SCHEMA}`);
  const found = read.data.Operations.flatMap((said) => checked(said as Said, id));
  if (found.length > MAX_EXPANDED) throw badRequest('invalidSyntax', `at most ${MAX_EXPANDED} attributes at once`);
  return found;
}

interface Said {
  op: string;
  path?: string;
  value?: Json;
}

function checked({ op: said, path = '', value }: Said, id: string): Operation[] {
  const op = said.toLowerCase();
  if (op !== 'add' && op !== 'replace' && op !== 'remove')
    throw badRequest('invalidSyntax', 'op is add, replace or remove');
  if (path === '') return withoutPath(op, value, id);
  if (op !== 'remove' && value === undefined) throw badRequest('invalidValue', `${op} needs a value`);
  const known = checkedPath(path);
  return known === null ? [] : [{ op, path: known, ...(value === undefined ? {} : { value }) }];
}

/** Null for what is of an extension: nothing of those is kept. */
function checkedPath(path: string): string | null {
  const [, attribute = '', filter, part] = PATH.exec(path) ?? [];
  const isOdd = attribute === '' || isDangerous(path) || /\p{Cc}/u.test(path);
  if (isOdd) throw badRequest('invalidPath', 'the path is not one of an attribute');
  const name = canonicalName(attribute);
  if (READ_ONLY.has(name)) throw badRequest('mutability', `${name} is read-only`);
  if (name.includes(':')) return null;
  return `${name}${filter === undefined ? '' : `[${filter}]`}${part === undefined ? '' : `.${canonicalName(part)}`}`;
}

/** One operation for each attribute. Okta repeats the id of a group among what it replaces. */
function withoutPath(op: Operation['op'], value: Json | undefined, id: string): Operation[] {
  if (op === 'remove') throw badRequest('noTarget', 'remove needs a path');
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest('invalidValue', 'without a path the value is an object of attributes');
  if (value['id'] !== undefined && value['id'] !== id) throw badRequest('mutability', 'id is read-only');
  return Object.keys(value)
    .filter((key) => !READ_ONLY.has(key))
    .flatMap((key) => checked({ op, path: key, value: value[key] as Json }, id));
}
