/**
 * Why a socket was closed. 4000–4499: come back (after `retryAfterMs` of the reason, with jitter); 4500–4999: do not,
 * until something about the request changes. The reason is JSON: `{"code":"…","retryAfterMs":…}`.
 */
export const CLOSE_CODES = {
  draining: { code: 4001, why: 'This replica is going away; any other will do.' },
  overloaded: { code: 4002, why: 'More new sockets than this replica admits at the moment.' },
  resync: { code: 4008, why: 'The socket was read too slowly; connect again and sync from your heads.' },
  heartbeat_missed: { code: 4009, why: 'Nothing was heard for two heartbeats.' },
  token_expired: { code: 4010, why: 'The access token ran out; refresh it and connect again.' },
  bus_lost: { code: 4011, why: 'This replica has lost its connection to the others.' },
  hello_timeout: { code: 4012, why: 'No hello within ten seconds.' },
  internal_error: { code: 4013, why: 'A bug on our side; it is logged.' },
  invalid_frame: { code: 4500, why: 'Not a frame of this protocol.' },
  too_large: { code: 4501, why: 'A frame larger than the limit.' },
  unauthenticated: { code: 4503, why: 'The token was refused.' },
  revoked: {
    code: 4504,
    why: 'The session, device, person or organization was put out; after a step-up, connect with its new token.',
  },
  rate_limited: { code: 4505, why: 'Far more frames than the limits allow.' },
  replaced: { code: 4506, why: 'The same device opened more sockets than one device may.' },
} as const;

export type CloseName = keyof typeof CLOSE_CODES;

/** Whether a client that was closed with this code should come back by itself. Codes below 4000 are the network's. */
export const shouldReconnect = (code: number): boolean => code < 4500 && code !== 1000;
