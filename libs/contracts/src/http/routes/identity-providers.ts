import {
  beginOidcLogin,
  deleteIdentityProvider,
  finishOidcLogin,
  listIdentityProviders,
  listLoginMethods,
  putIdentityProvider,
  testIdentityProvider,
} from '../../auth/identity-providers.js';
import { route } from '../define-route.js';

const identityProvider = '/v1/identity-providers/{providerId}';

/** Signing in with somebody else’s login: auth. */
export const IDENTITY_PROVIDER_ROUTES = {
  listIdentityProviders: route('GET', '/v1/identity-providers', 'List identity providers', listIdentityProviders),
  putIdentityProvider: route('PUT', identityProvider, 'Connect a provider, or change its use', putIdentityProvider),
  deleteIdentityProvider: route(
    'DELETE',
    identityProvider,
    'Forget a provider; its people stay',
    deleteIdentityProvider,
  ),
  testIdentityProvider: route(
    'POST',
    `${identityProvider}/test`,
    'Try a provider and say what is wrong',
    testIdentityProvider,
  ),
  listLoginMethods: route('GET', '/v1/login-methods', 'How one may sign in', listLoginMethods),
  beginOidcLogin: route('POST', '/v1/sessions/oidc', 'Begin to sign in with a provider', beginOidcLogin, {
    limit: 'login',
  }),
  finishOidcLogin: route('POST', '/v1/sessions/oidc/finish', 'Come back from a provider', finishOidcLogin, {
    limit: 'login',
    status: 201,
  }),
} as const;
