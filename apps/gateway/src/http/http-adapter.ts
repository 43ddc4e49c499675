import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { LIMITS } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import { requestAnswered } from '../metrics.js';
import { problemOf, problemOfHttp, rawResponse } from './problem.js';
import { operationOf } from './route-table.js';

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
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseBody(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  fastify.addHook('onSend', async (_request, reply) => void reply.headers(ON_EVERY_ANSWER));
  fastify.addHook('onResponse', async ({ method, routeOptions }, reply) =>
    requestAnswered(operationOf(method, routeOptions.url), reply.statusCode, reply.elapsedTime / 1_000),
  );
  return adapter;
}

/** JSON in well-formed UTF-8; no bytes at all are an empty object. */
function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(utf8.decode(body));
  } catch (cause) {
    throw new AppError('invalid', 'invalid_request', 'malformed JSON', { cause });
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
