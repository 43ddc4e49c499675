/** What the environment decides, as the rules need it. */
export class Settings {
  /** Life of an access token, at most 300 s. */
  readonly accessTokenSeconds: number;
  /** Each makes one organization, once. */
  readonly bootstrapTokens: readonly string[];

  constructor(values: { accessTokenSeconds: number; bootstrapTokens: readonly string[] }) {
    this.accessTokenSeconds = values.accessTokenSeconds;
    this.bootstrapTokens = values.bootstrapTokens;
  }
}
