import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { beginOidcLogin, LIMITS, listLoginMethods } from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import type { Configuration } from 'openid-client';
import type { z } from 'zod';
import { LoginAttempts } from '../admission/login-attempts.postgres.js';
import { Database } from '../database/database.js';
import { organizationOf } from '../organizations/organization-rows.postgres.js';
import { formatNamedSecret } from '../secrets/scoped-secret.js';
import { findProvider, listProviderRows } from './identity-provider-rows.postgres.js';
import { oidc, OidcClients } from './oidc-clients.js';
import { isEncryptedOrLocal } from '@relais/security';
import { ProviderAway } from './outbound.js';
import type { OpenProvider } from './connect-person.js';
import { ProviderSecrets } from './provider-secrets.js';

type Command = z.output<typeof beginOidcLogin.input>;

/** As long as our own sessions may be idle. */
const MAX_AGE_SECONDS = String(LIMITS.sessionIdleSeconds);

/** What must come back as it was sent, for a login that goes by a provider. Sealed in its attempt. */
export type OidcMemory = Readonly<Record<'providerId' | 'state' | 'nonce' | 'verifier' | 'redirectUri', string>>;

/** Ways to sign in, and the beginning of the one that leads elsewhere. */
@Injectable()
export class BeginOidcLoginHandler {
  constructor(
    private readonly db: Database,
    private readonly secrets: ProviderSecrets,
    private readonly clients: OidcClients,
    private readonly attempts: LoginAttempts,
  ) {}

  @Serves(listLoginMethods)
  async methods({ organization }: { organization: string }): Promise<z.input<typeof listLoginMethods.output>> {
    const organizationId = await organizationOf(this.db, organization);
    const found = organizationId
      ? await this.db.within(organizationId, (tx) => listProviderRows(tx, organizationId))
      : [];
    const opened = await Promise.all(
      found.map(async (each) => ({
        id: each.id as never,
        settings: await this.secrets.open(organizationId as OrganizationId, each),
      })),
    );
    const enabled = opened.filter(({ settings }) => settings.enabled);
    return { password: true, identityProviders: enabled.map(({ id, settings }) => ({ id, name: settings.name })) };
  }

  @Serves(beginOidcLogin)
  async begin(command: Command): Promise<z.input<typeof beginOidcLogin.output>> {
    const { organization, device, redirectUri } = command;
    const organizationId = await organizationOf(this.db, organization);
    const provider = organizationId && (await this.enabled(organizationId, command.providerId));
    if (!provider) throw beginOidcLogin.fail('identity_provider_not_found');
    if (!provider.settings.redirectUris.includes(redirectUri)) throw beginOidcLogin.fail('redirect_uri_not_allowed');
    const client = await this.clients.clientFor(provider.settings);
    const { memory, authorizationUrl } = await askFor(client, provider, command);
    const state = { purpose: 'oidc', device, amr: [], memory } as const;
    const attempt = await this.attempts.prepare(organizationId, state);
    await this.db.within(organizationId, (tx) => this.attempts.insert(tx, attempt, null));
    return {
      loginToken: formatNamedSecret(organization, attempt.secret),
      authorizationUrl,
      expiresAt: attempt.expiresAt.toISOString(),
    };
  }

  /** Null when there is none, or it may not be used. */
  async enabled(organizationId: OrganizationId, id: string): Promise<OpenProvider | null> {
    const found = await this.db.within(organizationId, (tx) => findProvider(tx, organizationId, id));
    const settings = found && (await this.secrets.open(organizationId, found));
    return settings?.enabled ? { organizationId, id, vouchedBy: found?.vouched_by ?? 'member', settings } : null;
  }
}

/** Authorization code with PKCE (RFC 7636), state and nonce, all for this login alone. */
async function askFor(
  client: Configuration,
  { id, settings }: OpenProvider,
  { redirectUri, reauthenticate }: Command,
): Promise<{ memory: OidcMemory; authorizationUrl: string }> {
  const library = await oidc();
  const verifier = library.randomPKCECodeVerifier();
  const [state, nonce] = [library.randomState(), library.randomNonce()];
  const parameters = {
    redirect_uri: redirectUri,
    scope: [...new Set(['openid', ...settings.scopes])].join(' '),
    code_challenge: await library.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...{ state, nonce },
    ...(settings.acrValues.length > 0 ? { acr_values: settings.acrValues.join(' ') } : {}),
    // With a greatest age a provider says when the person showed it who they are (OpenID Connect Core, 3.1.2.1).
    ...(reauthenticate ? { prompt: 'login', max_age: '0' } : { max_age: MAX_AGE_SECONDS }),
  };
  const endpoint = URL.parse(client.serverMetadata().authorization_endpoint ?? '');
  // People are sent there: what a provider says about itself must not be a `javascript:` address.
  if (!endpoint || !isEncryptedOrLocal(endpoint))
    throw new ProviderAway('its authorization endpoint is no address of the web');
  const url = library.buildAuthorizationUrl(client, parameters);
  return { memory: { providerId: id, state, nonce, verifier, redirectUri }, authorizationUrl: url.href };
}
