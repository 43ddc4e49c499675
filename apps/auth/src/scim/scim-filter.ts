import type { Compare, Filter } from 'scim2-parse-filter';
import { canonicalName } from './hostile-json.js';
import { badRequest } from './scim-error.js';

export const MAX_FILTER_CHARACTERS = 1_024;
const MAX_TERMS = 50;
const MAX_DEPTH = 10;
const COMPARISONS = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'pr']);

/** What can be asked about. */
export const USER_ATTRIBUTES = new Set([
  ...['id', 'externalId', 'userName', 'displayName', 'active', 'name', 'name.formatted', 'name.familyName'],
  ...['name.givenName', 'emails', 'emails.value', 'emails.type', 'emails.primary', 'groups', 'groups.value'],
  ...['phoneNumbers', 'phoneNumbers.value', 'phoneNumbers.type', 'phoneNumbers.primary'],
  ...['meta.lastModified', 'meta.created', 'meta.resourceType'],
]);
export const GROUP_ATTRIBUTES = new Set([
  ...['id', 'externalId', 'displayName', 'members', 'members.value'],
  ...['meta.lastModified', 'meta.created', 'meta.resourceType'],
]);

/** Several values, each with parts. */
const LISTS = new Set(['emails', 'phoneNumbers', 'members', 'groups']);

type Resource = Record<string, unknown>;
/** Compared with case, unlike the others (RFC 7643, 3.1). */
const CASE_EXACT = new Set(['id', 'externalId', 'groups.value', 'members.value', 'members', 'groups']);

/**
 * Reads a filter (RFC 7644, 3.4.2.2) and checks that it is small and only asks what is known here.
 *
 * @throws ScimError `invalidFilter`
 */
export async function parseFilter(text: string, known: ReadonlySet<string>): Promise<Filter> {
  // NOTE: line breaks inside of quotes make the tokenizer of scim2-parse-filter 0.2.10 take time without bounds.
  const isReadable = text.length <= MAX_FILTER_CHARACTERS && !/\p{Cc}/u.test(text);
  if (!isReadable)
    throw badRequest('invalidFilter', `at most ${MAX_FILTER_CHARACTERS} characters without control characters`);
  const { parse } = await import('scim2-parse-filter');
  let filter: Filter;
  try {
    filter = parse(text);
  } catch {
    throw badRequest('invalidFilter', 'the filter cannot be read');
  }
  return check(filter, { known, prefix: '', depth: 0, budget: { left: MAX_TERMS } });
}

interface Checking {
  known: ReadonlySet<string>;
  /** The attribute whose brackets we are in. */
  prefix: string;
  depth: number;
  budget: { left: number };
}

/** The same filter with full, canonical paths: inside of brackets, too. */
function check(filter: Filter, checking: Checking): Filter {
  if (checking.depth > MAX_DEPTH || --checking.budget.left < 0)
    throw badRequest('invalidFilter', 'the filter is too large');
  const deeper = { ...checking, depth: checking.depth + 1 };
  if ('filters' in filter) return { op: filter.op, filters: filter.filters.map((one) => check(one, deeper)) };
  if (filter.op === 'not') return { op: 'not', filter: check(filter.filter, deeper) };
  const attrPath = checking.prefix + canonicalName(filter.attrPath);
  if (!checking.known.has(attrPath))
    throw badRequest('invalidFilter', `nothing can be asked about ${filter.attrPath.slice(0, 64)}`);
  if (filter.op === '[]') {
    if (!LISTS.has(attrPath) || checking.prefix !== '')
      throw badRequest('invalidFilter', 'brackets are for emails, phoneNumbers, members and groups');
    return { op: '[]', attrPath, valFilter: check(filter.valFilter, { ...deeper, prefix: `${attrPath}.` }) };
  }
  if (!COMPARISONS.has(filter.op)) throw badRequest('invalidFilter', 'there is no such comparison');
  return { ...filter, attrPath };
}

/** Whether a resource is one of those a checked filter asks for. */
export function matches(filter: Filter, resource: Resource): boolean {
  switch (filter.op) {
    case 'and':
      return filter.filters.every((one) => matches(one, resource));
    case 'or':
      return filter.filters.some((one) => matches(one, resource));
    case 'not':
      return !matches(filter.filter, resource);
    case '[]': {
      const { attrPath, valFilter } = filter;
      return listOf(resource[attrPath]).some((one) => matches(valFilter, { [attrPath]: one }));
    }
    case 'pr':
      return valuesAt(resource, filter.attrPath).length > 0;
    case 'eq':
    case 'ne':
    case 'co':
    case 'sw':
    case 'ew':
    case 'gt':
    case 'ge':
    case 'lt':
    case 'le':
      return comparesAny(filter, resource);
  }
}

function comparesAny({ op, attrPath, compValue }: Compare, resource: Resource): boolean {
  const found = valuesAt(resource, attrPath);
  if (op === 'ne') return !found.some((value) => compares('eq', attrPath, value, compValue));
  return found.some((value) => compares(op, attrPath, value, compValue));
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

/** What is there under a path; of a list of objects their `value`. */
function valuesAt(resource: Resource, path: string): unknown[] {
  const [first = '', second] = path.split('.');
  const outer = Object.hasOwn(resource, first) ? listOf(resource[first]) : [];
  if (second === undefined && !LISTS.has(first)) return outer;
  return outer.flatMap((one) => listOf((one as Resource)[second ?? 'value']));
}

function compares(op: string, path: string, value: unknown, wanted: unknown): boolean {
  if (typeof value === 'boolean') return op === 'eq' && String(value) === String(wanted).toLowerCase();
  if (typeof value !== 'string' || typeof wanted !== 'string') return op === 'eq' && value === wanted;
  if (path.startsWith('meta.') && /created|lastModified/.test(path))
    return ordered(op, Date.parse(value), Date.parse(wanted));
  const [have, want] = CASE_EXACT.has(path) ? [value, wanted] : [value.toLowerCase(), wanted.toLowerCase()];
  if (op === 'co') return have.includes(want);
  if (op === 'sw') return have.startsWith(want);
  if (op === 'ew') return have.endsWith(want);
  return ordered(op, have, want);
}

function ordered<Value extends string | number>(op: string, have: Value, want: Value): boolean {
  switch (op) {
    case 'eq':
      return have === want;
    case 'gt':
      return have > want;
    case 'ge':
      return have >= want;
    case 'lt':
      return have < want;
    case 'le':
      return have <= want;
    default:
      return false;
  }
}

export interface Exact {
  attribute: 'id' | 'userName' | 'displayName' | 'externalId' | 'emails.value';
  value: string;
}

const INDEXED = {
  User: ['id', 'userName', 'externalId', 'emails.value'],
  Group: ['id', 'displayName', 'externalId'],
} as const;

/** Something that everything the filter asks for has, and that is in an index; null when there is nothing like it. */
export function exactPartOf(filter: Filter, kind: keyof typeof INDEXED): Exact | null {
  if (filter.op === 'and')
    return filter.filters.map((one) => exactPartOf(one, kind)).find((found) => found !== null) ?? null;
  if (filter.op === '[]') return exactPartOf(filter.valFilter, kind);
  if (filter.op !== 'eq' || typeof filter.compValue !== 'string') return null;
  const { attrPath, compValue: value } = filter;
  const attribute = INDEXED[kind].find((one) => one === (attrPath === 'emails' ? 'emails.value' : attrPath));
  return attribute ? { attribute, value } : null;
}
