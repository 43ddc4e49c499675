import type { DeviceKey, ProvenRequest } from './device-key.js';

/** Where a connection takes its access token from. RelaisSession is one; tests and tools may bring their own. */
export interface AccessTokens {
  /** A token that is good now. `fresh` asks for one issued after this call: the server refused the current one. */
  accessToken(options?: { fresh?: boolean }): Promise<string>;
  /** What has taken the place of a token that was put out, also when it is only on its way; null when nothing has. */
  successor(accessToken: string): Promise<string | null>;
  /** Tells of every later token. @returns how to stop listening */
  onToken(listener: (accessToken: string) => void): () => void;
  /** A proof that the device's key goes with the token, for one request: without it a token is refused. */
  proof(request: ProvenRequest): string;
}

/** One token for as long as it lasts, and the key it is bound to. */
export const fixedToken = (accessToken: string, key: DeviceKey): AccessTokens => ({
  accessToken: () => Promise.resolve(accessToken),
  successor: () => Promise.resolve(null),
  onToken: () => () => undefined,
  proof: (request) => key.accessProof(request),
});
