/** Where a connection takes its access token from. RelaisSession is one; tests and tools may bring their own. */
export interface AccessTokens {
  /** A token that is good now. `fresh` asks for one issued after this call: the server refused the current one. */
  accessToken(options?: { fresh?: boolean }): Promise<string>;
  /** Tells of every later token. @returns how to stop listening */
  onToken(listener: (accessToken: string) => void): () => void;
}

/** One token for as long as it lasts. */
export const fixedToken = (accessToken: string): AccessTokens => ({
  accessToken: () => Promise.resolve(accessToken),
  onToken: () => () => undefined,
});
