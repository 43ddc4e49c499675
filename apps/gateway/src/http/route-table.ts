import { ROUTES, type Route } from '@relais/contracts';

const table = Object.entries<Route>(ROUTES).map(([operation, route]) => ({
  operation,
  method: route.method as string,
  path: new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

const pathOf = (url: string): string => url.split(/[?#;]/, 1)[0] ?? '';

/** The methods that this path knows; none when it is no path of ours. */
export const allowedMethods = (url: string): string[] => [
  ...new Set(table.filter(({ path }) => path.test(pathOf(url))).map(({ method }) => method)),
];

/** The key of ROUTES that stands for a route of the framework, for metrics: `none` for anything else. */
export const operationOf = (method: string, pattern: string | undefined): string =>
  operations.get(`${method} ${pattern}`) ?? 'none';

const operations = new Map(
  Object.entries<Route>(ROUTES).map(([operation, { method, path }]) => [
    `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    operation,
  ]),
);

/** Whether the answers of a route of the framework carry an ETag. */
export const isTagged = (method: string, pattern: string | undefined): boolean =>
  (ROUTES as Record<string, Route>)[operationOf(method, pattern)]?.etag ?? false;
