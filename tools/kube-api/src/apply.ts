import { leavesOf, type Manager, managersOf, withManagers } from './managers.js';
import { mergePatch } from './patches.js';
import { ApiError, type ApiObject } from './types.js';

/** Fields that belong to the server, or name the object. */
const NOT_OWNED =
  /^(apiVersion|kind|metadata\.(name|namespace|uid|resourceVersion|managedFields|creationTimestamp|generation))(\.|$)/;

const at = (object: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key.replaceAll('~', '.')],
      object,
    );

function remove(object: unknown, path: string): void {
  const keys = path.split('.').map((key) => key.replaceAll('~', '.'));
  const last = keys.pop()!;
  const parent = keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
  if (typeof parent === 'object' && parent !== null) delete (parent as Record<string, unknown>)[last];
}

/**
 * Server-side apply: the manager owns what it sends, loses what it sends no longer, and is refused what another owns with
 * another value, unless it forces it.
 *
 * @throws ApiError 409 naming the manager and the field
 */
export function serverSideApply(
  current: ApiObject | undefined,
  sent: ApiObject,
  { manager, apiVersion, force }: { manager: string; apiVersion: string; force: boolean },
): ApiObject {
  const owned = leavesOf(sent).filter((path) => !NOT_OWNED.test(path));
  const managers = managersOf(current);
  const others = managers.filter((one) => one.manager !== manager || one.operation !== 'Apply');
  for (const other of others) refuseForeign(current!, sent, other, owned, force);

  const before = managers.find((one) => one.manager === manager && one.operation === 'Apply')?.paths ?? [];
  const result = mergePatch(current ?? {}, sent) as ApiObject;
  const stillOwned = (path: string) => owned.includes(path) || others.some(({ paths }) => paths.includes(path));
  for (const path of before) if (!stillOwned(path)) remove(result, path);
  const left = others
    .map((one) => ({ ...one, paths: one.paths.filter((path) => !owned.includes(path) || same(current, sent, path)) }))
    .filter(({ paths }) => paths.length > 0);
  result.metadata = {
    ...result.metadata,
    managedFields: withManagers([...left, { manager, operation: 'Apply', apiVersion, paths: owned }]),
  };
  return result;
}

const same = (current: ApiObject | undefined, sent: ApiObject, path: string): boolean =>
  JSON.stringify(at(current, path)) === JSON.stringify(at(sent, path));

function refuseForeign(current: ApiObject, sent: ApiObject, other: Manager, owned: string[], force: boolean): void {
  const contested = owned.filter((path) => other.paths.includes(path) && !same(current, sent, path));
  if (contested.length === 0 || force) return;
  const fields = contested.map((path) => `.${path}`).join(', ');
  const by = `"${other.manager}"${other.operation === 'Update' ? ` using ${other.apiVersion}` : ''}`;
  throw new ApiError(409, 'Conflict', `Apply failed with 1 conflict: conflict with ${by}: ${fields}`);
}

/** Who changes a field by other means owns it from then on, as an `Update` of its own. */
export function ownUpdates(
  before: ApiObject | undefined,
  after: ApiObject,
  { manager, apiVersion }: { manager: string; apiVersion: string },
): NonNullable<ApiObject['metadata']['managedFields']> {
  const changed = leavesOf(after).filter((path) => !NOT_OWNED.test(path) && !(before && same(before, after, path)));
  const managers = managersOf(before);
  const mine = managers.find((one) => one.manager === manager && one.operation === 'Update');
  const rest = managers
    .filter((one) => one !== mine)
    .map((one) => ({ ...one, paths: one.paths.filter((path) => !changed.includes(path)) }))
    .filter(({ paths }) => paths.length > 0);
  const paths = [...new Set([...(mine?.paths ?? []), ...changed])];
  return withManagers(paths.length === 0 ? rest : [...rest, { manager, operation: 'Update', apiVersion, paths }]);
}
