import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { IdentityProviderSettings } from '@relais/contracts';
import { Clock } from '@relais/kernel';
import type { Configuration } from 'openid-client';
import { isEncryptedOrLocal } from '@relais/security';
import { awayIn, outboundFor, ProviderAway } from './outbound.js';

export type Oidc = typeof import('openid-client');

/** Longest silence of a provider within one request, s. */
const TIMEOUT_SECONDS = 4;
/** How long what a provider says about itself is taken as still so. */
const REMEMBERED_MS = 300_000;
const MAX_REMEMBERED = 500;

/** The library is large and most organizations never need it. */
export const oidc = (): Promise<Oidc> => import('openid-client');

/** What providers say about themselves (OpenID Connect Discovery 1.0), read at need and remembered for a while. */
@Injectable()
export class OidcClients {
  private readonly known = new Map<string, { client: Promise<Configuration>; untilMs: number }>();

  constructor(private readonly clock: Clock) {}

  /** @throws ProviderAway when it does not answer, or what it says of itself cannot be used */
  async clientFor(settings: IdentityProviderSettings): Promise<Configuration> {
    const key = hash('sha256', JSON.stringify([settings.issuer, settings.clientId, settings.clientSecret ?? '']));
    const nowMs = this.clock.now().getTime();
    const known = this.known.get(key);
    if (known && known.untilMs > nowMs) return known.client;
    const client = this.discover(settings);
    if (this.known.size >= MAX_REMEMBERED) this.known.clear();
    this.known.set(key, { client, untilMs: nowMs + REMEMBERED_MS });
    return client.catch((error: unknown) => {
      this.known.delete(key);
      throw awayIn(error) ?? new ProviderAway(wordsOf(error), error);
    });
  }

  /** Asks the provider now. @throws Error of any kind: see `wordsOf` */
  async discover({ issuer, clientId, clientSecret }: IdentityProviderSettings): Promise<Configuration> {
    const library = await oidc();
    const home = new URL(issuer);
    const customFetch = outboundFor(issuer);
    const isPlain = home.protocol === 'http:' && isEncryptedOrLocal(home);
    const execute = isPlain ? [library.allowInsecureRequests] : [];
    const options = { timeout: TIMEOUT_SECONDS, execute, [library.customFetch]: customFetch };
    const found = await library.discovery(home, clientId, undefined, undefined, options);
    const server = found.serverMetadata();
    const takes = server.token_endpoint_auth_methods_supported;
    const isBasic =
      takes !== undefined && !takes.includes('client_secret_post') && takes.includes('client_secret_basic');
    const secret = isBasic ? library.ClientSecretBasic(clientSecret) : library.ClientSecretPost(clientSecret);
    const client = new library.Configuration(server, clientId, {}, clientSecret ? secret : library.None());
    client.timeout = TIMEOUT_SECONDS;
    client[library.customFetch] = customFetch;
    if (isPlain) library.allowInsecureRequests(client);
    // Without it an ID token is believed because TLS brought it (OIDC Core, 3.1.3.7): we look at its signature.
    library.enableNonRepudiationChecks(client);
    return client;
  }
}

/** An error of the library or the network in words, for who manages the provider. */
export function wordsOf(error: unknown): string {
  const away = awayIn(error);
  if (away) return causeOf(away) ? `${away.message}: ${causeOf(away)}` : away.message;
  const words = error instanceof Error ? [error.message, causeOf(error)].filter(Boolean).join(': ') : 'no answer';
  return words.slice(0, 300);
}

const causeOf = ({ cause }: Error): string => {
  if (!(cause instanceof Error)) return '';
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
};
