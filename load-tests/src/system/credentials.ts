import type { RelaisSession } from '@relais/sdk';

/** Headers of a request in the name of a session, for those who call without the SDK. Good for one request. */
export function credentials(session: RelaisSession, method: string, url: string, nonce?: string) {
  const { accessToken } = session.tokens;
  const dpop = session.proof({ method, url, accessToken, nonce });
  return { authorization: `DPoP ${accessToken}`, dpop };
}

/** The first frame of a socket at this gateway. */
export function helloOf(session: RelaisSession, gateway: string, accessToken = session.tokens.accessToken) {
  const proof = session.proof({ method: 'GET', url: `${gateway}/v1/realtime`, accessToken });
  return { type: 'hello', token: accessToken, proof };
}
