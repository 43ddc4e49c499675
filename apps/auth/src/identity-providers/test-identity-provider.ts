import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type IdentityProviderSettings, testIdentityProvider } from '@relais/contracts';
import type { Configuration } from 'openid-client';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { findProvider } from './identity-provider-rows.postgres.js';
import { OidcClients, wordsOf } from './oidc-clients.js';
import { isEncryptedOrLocal } from '@relais/security';
import { outboundFor } from './outbound.js';
import { ProviderSecrets } from './provider-secrets.js';

type Answer = z.input<typeof testIdentityProvider.output>;

const TIMEOUT_MS = 4_000;

/** Tries a provider before anybody depends on it. */
@Injectable()
export class TestIdentityProviderHandler {
  constructor(
    private readonly db: Database,
    private readonly secrets: ProviderSecrets,
    private readonly clients: OidcClients,
  ) {}

  @Serves(testIdentityProvider)
  async execute({ providerId }: { providerId: string }, { principal }: RequestContext): Promise<Answer> {
    const { organizationId } = principal;
    const provider = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_identity_providers');
      return findProvider(tx, organizationId, providerId);
    });
    if (!provider) throw testIdentityProvider.fail('identity_provider_not_found');
    return this.try(await this.secrets.open(organizationId, provider));
  }

  private async try(settings: IdentityProviderSettings): Promise<Answer> {
    const steps: Answer['steps'] = [];
    let step: Answer['steps'][number]['step'] = 'discovery';
    const done = (says: string) => steps.push({ step, isOk: true, says });
    try {
      const client = await this.clients.discover(settings);
      done(`it is ${client.serverMetadata().issuer}`);
      step = 'endpoints';
      done(checkEndpoints(client));
      step = 'keys';
      done(await countKeys(settings, client));
    } catch (error) {
      steps.push({ step, isOk: false, says: wordsOf(error) });
    }
    return { steps };
  }
}

function checkEndpoints(client: Configuration): string {
  const { authorization_endpoint, token_endpoint, jwks_uri, ...server } = client.serverMetadata();
  for (const [name, url] of Object.entries({ authorization_endpoint, token_endpoint, jwks_uri })) {
    if (!url || !URL.canParse(url)) throw new Error(`it does not say its ${name}`);
    if (!isEncryptedOrLocal(new URL(url))) throw new Error(`its ${name} is not encrypted: ${url}`);
  }
  if (server.response_types_supported && !server.response_types_supported.includes('code'))
    throw new Error('it does not know the response type "code"');
  const pkce = server.code_challenge_methods_supported?.includes('S256');
  return pkce ? 'authorization code with PKCE' : 'authorization code; it does not say that it knows PKCE (S256)';
}

async function countKeys({ issuer }: IdentityProviderSettings, client: Configuration): Promise<string> {
  const url = String(client.serverMetadata().jwks_uri);
  const options = {
    method: 'GET',
    headers: { accept: 'application/json' },
    body: undefined,
    redirect: 'manual',
  } as const;
  const response = await outboundFor(issuer)(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const { keys } = (await response.json()) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('it has no keys to sign with');
  return `keys to sign with: ${keys.length}`;
}
