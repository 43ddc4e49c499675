import type { z } from 'zod';
import type { RequestContract } from '../define.js';

export type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

/**
 * One operation of the gateway's API over one request contract. What the path and the query do not carry is the body,
 * so the contract's input is the only description of what a caller may send.
 */
export interface Route<In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> {
  readonly method: Method;
  /** With `{name}` for parameters, as in OpenAPI. */
  readonly path: string;
  readonly summary: string;
  readonly contract: RequestContract<In, Out, string>;
  /** Load class for rate limits; see LIMITS in the gateway. */
  readonly limit: 'login' | 'read' | 'write';
  readonly status: 200 | 201 | 204;
  /** The answer carries an ETag, and `If-None-Match` is honoured (RFC 9110, 13.1.2). */
  readonly etag: boolean;
}

export const route = <In extends z.ZodType, Out extends z.ZodType, Code extends string>(
  method: Method,
  path: string,
  summary: string,
  contract: RequestContract<In, Out, Code>,
  {
    limit = method === 'GET' ? 'read' : 'write',
    status = 200,
    etag = false,
  }: Partial<Pick<Route, 'limit' | 'status' | 'etag'>> = {},
): Route<In, Out> => ({
  method,
  path,
  summary,
  contract: contract as RequestContract<In, Out, string>,
  limit,
  status,
  etag,
});

/** The names between braces, in order. */
export const pathParameters = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
