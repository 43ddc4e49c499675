import { type Route, pathParameters, invalidRequest, notTaken } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** What Fastify hands over, as far as the gateway looks at it. */
export interface GatewayRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: IncomingMessage;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  /** Set by TokenGuard. */
  caller?: Principal;
  /** Set by the first who asks for the input. */
  input?: unknown;
}

/**
 * Puts the contract's input together: path parameters and, for GET and DELETE, the query, else the JSON body.
 *
 * @throws AppError `invalid_request` for anything the contract does not know, given twice, or in the wrong place
 */
export function inputOf(route: Route, request: GatewayRequest): unknown {
  request.input ??= read(route, request);
  return request.input;
}

function read(route: Route, request: GatewayRequest): unknown {
  const isInQuery = route.method === 'GET' || route.method === 'DELETE';
  if (isInQuery && request.body !== undefined && request.body !== null) throw notTaken('no body is expected here');
  if (!isInQuery && Object.keys(request.query).length > 0) throw notTaken('no query is expected here');
  const said = isInQuery ? request.query : (request.body ?? {});
  if (typeof said !== 'object' || Array.isArray(said)) throw notTaken('expected a JSON object');
  const inPath = pathParameters(route.path);
  if (inPath.some((name) => Object.hasOwn(said, name))) throw notTaken('a path parameter is given twice');
  const parameters = Object.fromEntries(inPath.map((name) => [name, request.params[name]]));
  const input = route.contract.input.safeParse({ ...said, ...parameters });
  if (!input.success) throw invalidRequest(input.error);
  return input.data;
}
