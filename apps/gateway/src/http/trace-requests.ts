import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { type EndSpan, enterSpan } from '@relais/observability';
import { operationOf } from './route-table.js';

/**
 * Every request begins a trace. One that a client sends along is not followed: anybody could make us tell of everything.
 * Of the path the route is told, without the ids in it.
 */
export function traceRequests(adapter: FastifyAdapter): void {
  const ends = new WeakMap<object, EndSpan>();
  const fastify = adapter.getInstance();
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { method, routeOptions } = request;
    const attributes = { 'http.request.method': method, 'http.route': routeOptions.url ?? 'none' };
    const name = operationOf(method, routeOptions.url);
    ends.set(request, enterSpan({ name, kind: 'server', attributes }, done));
  });
  fastify.addHook('onResponse', async (request, { statusCode }) =>
    ends.get(request)?.(statusCode >= 500 ? String(statusCode) : undefined, {
      'http.response.status_code': statusCode,
    }),
  );
}
