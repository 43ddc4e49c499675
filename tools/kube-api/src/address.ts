import { type Resource } from './resources.js';
import { notFound } from './types.js';

/** What a path names: a kind, and in it a namespace, an object, a part of it. */
export interface Address {
  resource: Resource;
  namespace: string;
  name: string;
  subresource: string;
}

/** `/apis/apps/v1/namespaces/relais/deployments/auth/scale` and its shorter forms. @throws ApiError 404 */
export function addressOf(path: string, resources: readonly Resource[]): Address {
  const [root, ...parts] = path.split('/').filter(Boolean);
  const [group, version] = root === 'api' ? ['', parts.shift()] : [parts.shift(), parts.shift()];
  const isInNamespace =
    parts[0] === 'namespaces' && parts.length > 2 && !['status', 'finalize'].includes(parts[2] ?? '');
  const namespace = isInNamespace ? (parts[1] ?? '') : '';
  const [plural = '', name = '', subresource = ''] = isInNamespace ? parts.slice(2) : parts;
  const resource = resources.find((one) => one.group === group && one.version === version && one.plural === plural);
  if (!resource || (subresource && !resource.subresources.includes(subresource))) throw notFound(path);
  return { resource, namespace, name, subresource };
}

/** `a=b,c!=d,e,!f` and `e in (x,y)`, as label selectors are written in addresses. */
export function matchesSelector(selector: string, labels: Readonly<Record<string, string>> = {}): boolean {
  const terms = selector.match(/[^,()]+(\([^)]*\))?/g) ?? [];
  return terms.map((term) => term.trim()).every((term) => matchesTerm(term, labels));
}

function matchesTerm(term: string, labels: Readonly<Record<string, string>>): boolean {
  const [, key = '', operator, list = ''] = /^(\S+) (in|notin) \(([^)]*)\)$/.exec(term) ?? [];
  if (operator) {
    const isIn = list
      .split(',')
      .map((one) => one.trim())
      .includes(labels[key] ?? '');
    return operator === 'in' ? isIn : !isIn;
  }
  const [, name = '', relation, value] = /^(!?[^=!]+)(==|=|!=)?(.*)$/.exec(term) ?? [];
  if (!relation) return name.startsWith('!') ? !(name.slice(1) in labels) : name in labels;
  return relation === '!=' ? labels[name] !== value : labels[name] === value;
}
