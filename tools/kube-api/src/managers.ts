import type { ApiObject, Fields, ManagedFields } from './types.js';

/** Who set which fields, each a path of keys with dots between; a dot within a key is written `~`. */
export interface Manager {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  paths: string[];
}

const escaped = (key: string): string => key.replaceAll('.', '~');

/** The paths of all leaves; a list counts as one, for what is owned within lists is not told apart here. */
export function leavesOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0)
    return [path];
  return Object.entries(value).flatMap(([key, one]) => leavesOf(one, path ? `${path}.${escaped(key)}` : escaped(key)));
}

export const managersOf = (object: ApiObject | undefined): Manager[] =>
  (object?.metadata.managedFields ?? []).map(({ manager, operation, apiVersion, fieldsV1 }) => ({
    ...{ manager, operation, apiVersion },
    paths: pathsOf(fieldsV1),
  }));

export const withManagers = (managers: readonly Manager[]): ManagedFields[] =>
  managers.map(({ manager, operation, apiVersion, paths }) => ({
    ...{ manager, operation, apiVersion, fieldsType: 'FieldsV1' },
    fieldsV1: fieldsOf(paths),
  }));

const pathsOf = (fields: Fields, path = ''): string[] =>
  Object.entries(fields).flatMap(([field, inner]) => {
    const own = `${path}${path && '.'}${escaped(field.slice(2))}`;
    return Object.keys(inner).length === 0 ? [own] : pathsOf(inner, own);
  });

function fieldsOf(paths: readonly string[]): Fields {
  const fields: Fields = {};
  for (const path of paths) {
    let at = fields;
    for (const key of path.split('.')) at = at[`f:${key.replaceAll('~', '.')}`] ??= {};
  }
  return fields;
}
