import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { LIMITS } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import { isTracing } from '@relais/observability';
import { requestAnswered } from '../metrics.js';
import { tagged } from './etag.js';
import { problemOf, problemOfHttp, rawResponse } from './problem.js';
import { hasRawBody, MEDIA_TYPES } from './raw-bodies.js';
import { isTagged, operationOf } from './route-table.js';
import { traceRequests } from './trace-requests.js';

const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

const ON_EVERY_ANSWER = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Fastify as a public edge: strict bodies, bounded sizes and times, problem+json for whatever it refuses itself. */
export function createHttpAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: LIMITS.bodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    trustProxy: false,
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS },
    clientErrorHandler: (_error: unknown, socket: Socket) => refuseRaw(socket),
    frameworkErrors: (_error: unknown, _request: unknown, { raw }: { raw: unknown }) =>
      refuseUrl(raw as ServerResponse),
  });
  const fastify = adapter.getInstance();
  if (isTracing()) traceRequests(adapter);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser([...MEDIA_TYPES], { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, parseBody(body as Buffer, hasRawBody(request.routeOptions.url)));
    } catch (error) {
      done(error as Error);
    }
  });
  fastify.addHook('onSend', async (request, reply, payload) => {
    reply.headers(ON_EVERY_ANSWER);
    return isTagged(request.method, request.routeOptions.url) ? tagged(request.headers, reply, payload) : payload;
  });
  fastify.addHook('onResponse', async ({ method, routeOptions }, reply) =>
    requestAnswered(operationOf(method, routeOptions.url), reply.statusCode, reply.elapsedTime / 1_000),
  );
  return adapter;
}

/** JSON in well-formed UTF-8; no bytes at all are an empty object. Where the raw body is wanted, its text. */
function parseBody(body: Buffer, isRaw: boolean): unknown {
  try {
    if (isRaw) return utf8.decode(body);
    return body.length === 0 ? {} : JSON.parse(utf8.decode(body));
  } catch (cause) {
    throw new AppError('invalid', 'invalid_request', undefined, { says: 'the body is not JSON', cause });
  }
}

/** A path that cannot be decoded, or is longer than any of ours. */
function refuseUrl(response: ServerResponse): void {
  const { status, headers, body } = problemOfHttp(400);
  response.writeHead(status, headers).end(body);
}

/** Not HTTP, or dangerously ambiguous HTTP (RFC 9112, 6.3): answer once and hang up. */
function refuseRaw(socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  socket.end(rawResponse(problemOf(new AppError('invalid', 'invalid_request'))));
}
