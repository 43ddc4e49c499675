/** What the environment decides, as the rules need it. */
export class Settings {
  /** Life of an access token, at most 300 s. */
  readonly accessTokenSeconds: number;
  /** Each makes one organization, once. */
  readonly bootstrapTokens: readonly string[];
  /** The domain passkeys belong to (WebAuthn, 5.1.2). */
  readonly webauthnRpId: string;
  /** The origins that may ask for them: `https://…` of web clients, `android:apk-key-hash:…` of apps. */
  readonly webauthnOrigins: readonly string[];

  constructor(values: {
    accessTokenSeconds: number;
    bootstrapTokens: readonly string[];
    webauthnRpId: string;
    webauthnOrigins: readonly string[];
  }) {
    this.accessTokenSeconds = values.accessTokenSeconds;
    this.bootstrapTokens = values.bootstrapTokens;
    this.webauthnRpId = values.webauthnRpId;
    this.webauthnOrigins = values.webauthnOrigins;
  }
}
