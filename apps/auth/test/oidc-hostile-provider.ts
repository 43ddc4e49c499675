import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Makes the ID token of the answer, from the claims an honest one would have. */
export type Forgery = (honest: Record<string, unknown>, keys: HostileProvider) => string | Promise<string>;

/** A provider with an honest document and honest keys, whose token endpoint gives whatever the test says. */
export class HostileProvider {
  readonly pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  forge: Forgery = (claims) => this.signed(claims);
  /** More that its document says. */
  document: object = {};
  nonce = '';
  /** What it says of whoever has the access token. */
  profile: object = {};

  private constructor(private readonly server: Server) {}

  static async start(): Promise<HostileProvider> {
    const server = createServer();
    const provider = new HostileProvider(server);
    server.on('request', (request, response) => {
      void provider.answer(request.url ?? '').then((body) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get publicJwk() {
    return { ...this.pair.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' };
  }

  signed(claims: Record<string, unknown>, key: KeyObject = this.pair.privateKey, kid = 'one'): Promise<string> {
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(key);
  }

  /** Signed by nobody (RFC 7519, 6). */
  unsigned(claims: object): string {
    return `${part({ alg: 'none' })}.${part(claims)}.`;
  }

  /** Signed with the text of the public key as if it were a shared secret. */
  confused(claims: object): string {
    const signed = `${part({ alg: 'HS256', kid: 'one' })}.${part(claims)}`;
    const secret = this.pair.publicKey.export({ type: 'spki', format: 'pem' });
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(path: string): Promise<object> {
    const { issuer } = this;
    if (path.startsWith('/.well-known/'))
      return {
        ...{ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` },
        ...{ jwks_uri: `${issuer}/jwks`, response_types_supported: ['code'] },
        ...{ subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'] },
        ...this.document,
      };
    if (path === '/me') return this.profile;
    if (path === '/jwks') return { keys: [this.publicJwk] };
    const now = Math.floor(Date.now() / 1_000);
    const honest = {
      ...{ iss: issuer, aud: 'relais', sub: 'mallory', iat: now, exp: now + 300, nonce: this.nonce },
      ...{ email: 'mallory@brigade.example', email_verified: true, name: 'Mallory' },
    };
    return { access_token: 'x', token_type: 'bearer', id_token: await this.forge(honest, this) };
  }
}
