import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { finishOidcLogin, type NewDevice, type Tokens } from '@relais/contracts';
import { AppError, Clock, type OrganizationId } from '@relais/kernel';
import type { z } from 'zod';
import { Admission } from '../admission/admission.js';
import { LoginAttempts } from '../admission/login-attempts.postgres.js';
import { Database } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { Refusals } from '../facts/refusals.js';
import { refused } from '../metrics.js';
import { BeginOidcLoginHandler, type OidcMemory } from './begin-oidc-login.js';
import { type Claims, type Said, saidOf } from './claims.js';
import { oidc, OidcClients } from './oidc-clients.js';
import { awayIn } from './outbound.js';
import { NotProvided, type OpenProvider } from './connect-person.js';
import { ProvidedPeople } from './provided-people.js';

type Command = z.output<typeof finishOidcLogin.input>;

interface Begun {
  organizationId: OrganizationId;
  device: NewDevice;
  memory: OidcMemory;
}

/** Lets in whom a provider sends back. A callback is good for the login it was begun for, and once. */
@Injectable()
export class FinishOidcLoginHandler {
  constructor(
    private readonly db: Database,
    private readonly attempts: LoginAttempts,
    private readonly providers: BeginOidcLoginHandler,
    private readonly clients: OidcClients,
    private readonly people: ProvidedPeople,
    private readonly admission: Admission,
    private readonly refusals: Refusals,
    private readonly events: EventLog,
    private readonly clock: Clock,
  ) {}

  @Serves(finishOidcLogin)
  async execute({ loginToken, callbackUrl }: Command): Promise<Tokens> {
    const begun = await this.take(loginToken);
    if (!begun) {
      refused('oidc', 'token');
      throw finishOidcLogin.fail('login_failed');
    }
    try {
      return await this.finish(begun, callbackUrl);
    } catch (error) {
      throw this.explained(begun, error);
    }
  }

  /** Uses the attempt up, whatever comes: two who hold the same callback do not both get to the provider. */
  private async take(loginToken: string): Promise<Begun | null> {
    const secret = await this.attempts.parse(loginToken);
    if (!secret) return null;
    const { organizationId } = secret;
    const attempt = await this.db.within(organizationId, (tx) => this.attempts.try(tx, secret));
    const state = attempt && (await this.attempts.open(attempt));
    if (state?.purpose !== 'oidc' || !state.device) return null;
    const isOurs = await this.db.within(organizationId, (tx) => this.attempts.finish(tx, secret));
    return isOurs ? { organizationId, device: state.device, memory: state.memory as OidcMemory } : null;
  }

  private async finish({ organizationId, device, memory }: Begun, callbackUrl: string): Promise<Tokens> {
    const provider = await this.providers.enabled(organizationId, memory.providerId);
    if (!provider) throw new NotProvided('not_proved', 'the provider is gone');
    const said = await this.exchange(provider, memory, callbackUrl).catch((error: unknown) => {
      throw awayIn(error) ?? new NotProvided('not_proved', error);
    });
    const userId = await this.people.personOf(provider, said);
    return this.admission.admit({
      ...{ organizationId, userId, device, amr: said.amr, method: 'oidc' },
      // A provider that knows somebody for days lets them in, and shows nothing new about who is at the device.
      authenticatedAt: said.authenticatedAt ?? new Date(0),
    });
  }

  /** @throws ProviderAway, or an Error that says what is wrong with the callback, the token or its signature */
  private async exchange(provider: OpenProvider, memory: OidcMemory, callbackUrl: string): Promise<Said> {
    const { state, nonce, verifier, redirectUri } = memory;
    const callback = URL.canParse(callbackUrl) ? new URL(callbackUrl) : null;
    if (!callback || callback.href.replace(/[?#].*$/s, '') !== redirectUri) throw new Error('another redirect URI');
    const [library, client] = [await oidc(), await this.clients.clientFor(provider.settings)];
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
    // State, issuer (RFC 9207), nonce, audience, times, and by `enableNonRepudiationChecks` the signature.
    const tokens = await library.authorizationCodeGrant(client, callback, checks);
    const token = tokens.claims() as Claims | undefined;
    if (!token) throw new Error('no ID token');
    const profile: Claims = client.serverMetadata().userinfo_endpoint
      ? await library.fetchUserInfo(client, tokens.access_token, String(token['sub']))
      : {};
    return saidOf(token, profile, provider.settings, this.clock.now());
  }

  /** What the caller is told: nothing but whether to come back, or how to go on. */
  private explained({ organizationId, memory }: Begun, error: unknown): unknown {
    const isRefused = error instanceof NotProvided || AppError.from(error).code === 'login_failed';
    refused('oidc', isRefused ? 'credentials' : 'error');
    if (!isRefused) return error;
    const reason = error instanceof NotProvided ? error.reason : 'may_not_sign_in';
    const provider = { kind: 'identity-provider', id: memory.providerId };
    const isKeptOut = reason === 'may_not_register' || reason === 'people_limit_reached';
    const action = isKeptOut ? 'registration.refused' : 'session.opened';
    const after = { method: 'oidc', reason };
    this.refusals.note(organizationId, { actor: provider, action, object: provider, after }, reason);
    if (reason === 'not_proved') this.events.failed('auth.oidc_login_refused', error);
    return finishOidcLogin.fail('login_failed');
  }
}
