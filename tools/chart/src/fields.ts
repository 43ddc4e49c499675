import * as models from '@kubernetes/client-node/dist/gen/models/all.js';

interface Model {
  getAttributeTypeMap(): { baseName: string; type: string }[];
}
const classes = models as unknown as Readonly<Record<string, Partial<Model> | undefined>>;

/** `apps/v1` Deployment → V1Deployment; undefined for what is not of Kubernetes itself. */
function classOf(apiVersion: string, kind: string): string | undefined {
  const version = apiVersion.split('/').at(-1) ?? '';
  const name = `${version[0]?.toUpperCase()}${version.slice(1)}${kind}`;
  return classes[name]?.getAttributeTypeMap ? name : undefined;
}

/** Every field that Kubernetes does not know and every value of a wrong type, by path; null where it knows nothing of the kind. */
export function fieldProblems(object: { apiVersion: string; kind: string }): string[] | null {
  const type = classOf(object.apiVersion, object.kind);
  if (!type) return null;
  const problems: string[] = [];
  walk(object, type, object.kind, problems);
  return problems;
}

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  Date: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  IntOrString: (value) => typeof value === 'number' || typeof value === 'string',
  any: () => true,
  object: () => true,
};

function walk(value: unknown, type: string, path: string, problems: string[]): void {
  if (value === undefined) return;
  if (value === null) return void problems.push(`${path} is null`);
  const scalar = SCALARS[type];
  if (scalar) return void (scalar(value) || problems.push(`${path} is not ${type}`));
  const [, element] = /^Array<(.*)>$/.exec(type) ?? [];
  if (element) return walkList(value, element, path, problems);
  const [, entry] = /^\{ \[key: string\]: (.*); \}$/.exec(type) ?? [];
  if (entry) return walkMap(value, () => entry, path, problems);
  const fields = new Map(classes[type]?.getAttributeTypeMap?.().map(({ baseName, type: of }) => [baseName, of]));
  walkMap(value, (key) => fields.get(key), path, problems);
}

function walkList(value: unknown, element: string, path: string, problems: string[]): void {
  if (!Array.isArray(value)) return void problems.push(`${path} is not a list`);
  value.forEach((one, index) => walk(one, element, `${path}[${index}]`, problems));
}

function walkMap(value: unknown, typeOf: (key: string) => string | undefined, path: string, problems: string[]): void {
  if (typeof value !== 'object' || Array.isArray(value)) return void problems.push(`${path} is not an object`);
  for (const [key, one] of Object.entries(value as object)) {
    const type = typeOf(key);
    if (type) walk(one, type, `${path}.${key}`, problems);
    else problems.push(`${path}.${key} is unknown`);
  }
}
