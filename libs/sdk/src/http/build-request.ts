import { type Route, pathParameters } from '@relais/contracts';

export interface HttpRequest {
  method: string;
  /** Path and query, to be put after the gateway's address. */
  target: string;
  /** JSON, when the operation carries a body. */
  body?: string;
}

const withoutBody = new Set(['GET', 'DELETE']);

/**
 * Takes the input apart as the gateway puts it together: `{parameters}` into the path, the rest into the query (GET and
 * DELETE) or the JSON body. An undefined value is left out.
 */
export function buildRequest(route: Route, input: unknown): HttpRequest {
  const rest = new Map(Object.entries(Object(input)).filter(([, value]) => value !== undefined));
  let path = route.path;
  for (const name of pathParameters(route.path)) {
    const value = String(rest.get(name) ?? '');
    // An address made of dots would be shortened, and name another operation.
    if (/^\.{0,2}$/.test(value)) throw new TypeError(`${route.method} ${route.path} needs ${name}`);
    path = path.replace(`{${name}}`, encodeURIComponent(value));
    rest.delete(name);
  }
  if (withoutBody.has(route.method)) return { method: route.method, target: path + queryOf(rest) };
  return { method: route.method, target: path, body: JSON.stringify(Object.fromEntries(rest)) };
}

function queryOf(values: ReadonlyMap<string, unknown>): string {
  const query = new URLSearchParams([...values].map(([name, value]): [string, string] => [name, String(value)]));
  return query.size > 0 ? `?${query}` : '';
}
