import type { IncomingMessage } from 'node:http';
import { SUBPROTOCOL, notTaken } from '@relais/contracts';
import { AppError } from '@relais/kernel';

export const REALTIME_PATH = '/v1/realtime';

/**
 * Checks a request to become a socket before anything is spent on it. Browsers send the page's origin and cannot leave it
 * out; native apps send none. Nothing may stand in the query: URLs end up in logs, and tokens must not.
 *
 * @throws AppError `no_such_route`, `forbidden` or `invalid_request`
 */
export function assertUpgradable({ url, headers }: IncomingMessage, allowedOrigins: ReadonlySet<string>): void {
  const [path, query] = (url ?? '').split('?', 2);
  if (path !== REALTIME_PATH) throw new AppError('not_found', 'no_such_route');
  const { origin } = headers;
  if (origin !== undefined && !allowedOrigins.has(origin)) throw new AppError('forbidden', 'forbidden');
  if (query !== undefined) throw notTaken('no query is expected here');
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  if (!offered.includes(SUBPROTOCOL)) throw notTaken(`speak ${SUBPROTOCOL}`);
}
