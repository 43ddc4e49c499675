import type { Provider } from '@nestjs/common';
import { BeginOidcLoginHandler } from './begin-oidc-login.js';
import { FinishOidcLoginHandler } from './finish-oidc-login.js';
import { ManageIdentityProvidersHandler } from './manage-identity-providers.js';
import { OidcClients } from './oidc-clients.js';
import { ProvidedPeople } from './provided-people.js';
import { ProviderSecrets } from './provider-secrets.js';
import { TestIdentityProviderHandler } from './test-identity-provider.js';

export const identityProviders: Provider[] = [
  ProviderSecrets,
  OidcClients,
  ProvidedPeople,
  ManageIdentityProvidersHandler,
  TestIdentityProviderHandler,
  BeginOidcLoginHandler,
  FinishOidcLoginHandler,
];
