import { bad } from './types.js';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7386: null takes a field away, lists are replaced. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** By what elements of a list are known to be the same; the first that all of them have. */
const MERGE_KEYS = ['name', 'mountPath', 'containerPort', 'port', 'topologyKey', 'uid', 'type', 'ip'];

/**
 * Kubernetes' own patch: lists of objects are merged by the key of their elements. Which key is guessed from the elements,
 * where Kubernetes has it in its types; the order of lists is that of `$setElementOrder` where it is given.
 */
export function strategicMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null) delete result[key];
    else if (Array.isArray(value)) result[key] = mergeList(result[key], value, patch[`$setElementOrder/${key}`]);
    else result[key] = strategicMergePatch(result[key], value);
  }
  for (const [key, kept] of Object.entries(patch))
    if (key === '$retainKeys')
      for (const name of Object.keys(result)) if (!(kept as string[]).includes(name)) delete result[name];
  return result;
}

const withoutDirectives = (patch: Json): Json =>
  Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));

function mergeList(target: unknown, patch: unknown[], order: unknown): unknown[] {
  const key = keyOf(patch);
  if (!key || !Array.isArray(target)) return patch.filter((one) => !isObject(one) || one['$patch'] !== 'delete');
  const merged = new Map((target as Json[]).map((one) => [one[key], one as unknown]));
  for (const one of patch as Json[]) {
    if (one['$patch'] === 'delete') merged.delete(one[key]);
    else merged.set(one[key], strategicMergePatch(merged.get(one[key]), one));
  }
  const places = Array.isArray(order) ? (order as Json[]).map((one) => one[key]) : [];
  const placeOf = (one: unknown) =>
    places.includes((one as Json)[key]) ? places.indexOf((one as Json)[key]) : places.length;
  return [...merged.values()].toSorted((a, b) => placeOf(a) - placeOf(b));
}

const keyOf = (list: unknown[]): string | undefined =>
  list.every(isObject) ? MERGE_KEYS.find((key) => list.every((one) => key in one)) : undefined;

interface Operation {
  op: string;
  path: string;
  value?: unknown;
}

/** RFC 6902, as far as clients of Kubernetes use it: add, replace, remove, test. */
export function jsonPatch(target: unknown, operations: readonly Operation[]): unknown {
  const result = structuredClone(target);
  for (const operation of operations) applyOne(result, operation);
  return result;
}

function applyOne(target: unknown, { op, path, value }: Operation): void {
  const keys = path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], target);
  if (typeof parent !== 'object' || parent === null) throw bad(`there is nothing at ${path}`);
  const holder = parent as Record<string, unknown>;
  if (op === 'test') {
    if (JSON.stringify(holder[last]) !== JSON.stringify(value)) throw bad(`the test of ${path} failed`);
  } else if (Array.isArray(parent) && op !== 'replace') changeList(parent, op, last, value);
  else if (op === 'remove') delete holder[last];
  else if (op === 'add' || op === 'replace') holder[last] = value;
  else throw bad(`there is no operation ${op}`);
}

function changeList(list: unknown[], op: string, last: string, value: unknown): void {
  const index = last === '-' ? list.length : Number(last);
  if (op === 'add') list.splice(index, 0, value);
  else list.splice(index, 1);
}
