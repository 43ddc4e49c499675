import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { id, label, nothing, poolId, roleId, text, timestamp, userId } from '../primitives.js';
import { newDevice } from './device.js';
import { DEVICE_REFUSALS, handle, tokens } from './sessions.js';

const providerId = id();
const claim = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'expected the name of a claim');
const loginToken = z.string().max(512);
/** Without query and fragment: both are the provider's answer. Apps have schemes of their own (RFC 8252, 7.1). */
const redirectUri = z
  .url()
  .max(512)
  .refine((uri) => !/[?#]/.test(uri) && !/^(javascript|data|blob|file|vbscript):/i.test(uri), 'expected a plain URI')
  .refine((uri) => !URL.canParse(uri) || new URL(uri).href === uri, 'expected its normal form, such as https://a.b/');

/** How people sign in with an OpenID Connect provider. */
export const identityProviderSettings = z.strictObject({
  name: label(LIMITS.titleBytes),
  /** Exactly as the provider says it; `https://`, or `http://` on loopback. */
  issuer: z.url({ protocol: /^https?$/ }).max(512),
  clientId: z.string().min(1).max(512),
  /** Kept as it is when it is not given again; without one Relais is a public client. */
  clientSecret: z.string().min(1).max(1_024).optional(),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/))
    .max(20)
    .default(['openid', 'email', 'profile']),
  claims: z.strictObject({ email: claim.default('email'), displayName: claim.default('name') }).prefault({}),
  /** Said anew at each login: what a group gave is taken again when the person is no longer in it. */
  groups: z
    .strictObject({
      claim: claim.default('groups'),
      mappings: z
        .array(
          z.strictObject({
            group: text(512),
            poolId: poolId.optional(),
            role: z.enum(['member', 'admin']).optional(),
            /** A custom role: for the pool of the same mapping, or without one everywhere. */
            roleId: roleId.optional(),
          }),
        )
        .max(500),
    })
    .optional(),
  /** People who are not known yet are made at their first login. */
  mayCreatePeople: z.boolean().default(false),
  /** Somebody whose verified address is that of a person here is that person from then on. */
  linksByEmail: z.boolean().default(false),
  /** Its addresses count as verified although it does not say `email_verified`. */
  trustsEmail: z.boolean().default(false),
  /** Asked for (`acr_values`); one of them in the answer counts as a second factor if that is trusted. */
  acrValues: z
    .array(z.string().regex(/^\S{1,256}$/))
    .max(10)
    .default([]),
  /** Whether `mfa` among its `amr`, or one of `acrValues`, counts as a second factor here. */
  trustsSecondFactor: z.boolean().default(false),
  redirectUris: z.array(redirectUri).min(1).max(20),
  enabled: z.boolean().default(true),
});
export type IdentityProviderSettings = z.output<typeof identityProviderSettings>;

export const identityProvider = z.object({
  id: providerId,
  settings: identityProviderSettings.omit({ clientSecret: true }),
  hasClientSecret: z.boolean(),
  /** How many have signed in with it. */
  people: z.int(),
  /** Who made it, a person or a bot; of those from before this was kept nobody knows. */
  madeBy: userId.optional(),
});
export type IdentityProvider = z.infer<typeof identityProvider>;

/**
 * Whoever lets a provider give pools and roles gives them: it takes the permissions for that, too. One that a bot makes gives none,
 * connects nobody who is here already, and its second factors do not count: people say that.
 */
export const putIdentityProvider = defineRequest({
  subject: 'rpc.auth.identity-provider.put.v1',
  access: 'user',
  bots: ['identity-sources:write'],
  input: z.strictObject({ providerId, settings: identityProviderSettings }),
  output: identityProvider,
  errors: {
    identity_provider_unsafe: 'invalid',
    /** To a bot, of what it did not make itself. */
    identity_provider_id_taken: 'conflict',
    pool_not_found: 'not_found',
    role_not_found: 'not_found',
    too_many_identity_providers: 'conflict',
  },
});

export const MAX_IDENTITY_PROVIDERS = 20;

/** All there are; to a bot, those that it made itself. */
export const listIdentityProviders = defineRequest({
  subject: 'rpc.auth.identity-provider.list.v1',
  access: 'user',
  bots: ['identity-sources:write'],
  input: z.strictObject({}),
  output: z.object({ items: z.array(identityProvider) }),
  errors: {},
});

/** Forgets the provider and who its people are there; they stay, with the pools and roles they have. */
export const deleteIdentityProvider = defineRequest({
  subject: 'rpc.auth.identity-provider.delete.v1',
  access: 'user',
  bots: ['identity-sources:write'],
  input: z.strictObject({ providerId }),
  output: nothing,
  errors: { identity_provider_not_found: 'not_found' },
});

/** Tries what can be tried without a person and says in words what is wrong with the first that fails. Changes nothing. */
export const testIdentityProvider = defineRequest({
  subject: 'rpc.auth.identity-provider.test.v1',
  access: 'user',
  timeoutMs: 20_000,
  input: z.strictObject({ providerId }),
  output: z.object({
    steps: z.array(z.object({ step: z.enum(['discovery', 'endpoints', 'keys']), isOk: z.boolean(), says: z.string() })),
  }),
  errors: { identity_provider_not_found: 'not_found' },
});

/** How one may sign in. An organization that does not exist looks like one without providers. */
export const listLoginMethods = defineRequest({
  subject: 'rpc.auth.login.list-methods.v1',
  access: 'public',
  input: z.strictObject({ organization: handle }),
  output: z.object({
    password: z.boolean(),
    identityProviders: z.array(z.object({ id: providerId, name: z.string() })),
  }),
  errors: {},
});

/** Begins a login with a provider: open the address in the person's browser (RFC 8252) and keep the token. */
export const beginOidcLogin = defineRequest({
  subject: 'rpc.auth.login.begin-oidc.v1',
  access: 'public',
  timeoutMs: 15_000,
  input: z.strictObject({
    organization: handle,
    providerId,
    redirectUri: z.string().max(512),
    device: newDevice,
    /** Has the provider ask for the person's credentials even if it knows them: before something sensitive. */
    reauthenticate: z.boolean().default(false),
  }),
  output: z.object({ loginToken, authorizationUrl: z.string(), expiresAt: timestamp }),
  errors: {
    identity_provider_not_found: 'not_found',
    redirect_uri_not_allowed: 'forbidden',
    identity_provider_unavailable: 'unavailable',
  },
});

/** Ends the login, whatever comes of it. `callbackUrl` is where the browser was sent back to, as it is. */
export const finishOidcLogin = defineRequest({
  subject: 'rpc.auth.login.finish-oidc.v1',
  access: 'public',
  timeoutMs: 20_000,
  input: z.strictObject({ loginToken, callbackUrl: z.string().max(8_192) }),
  output: tokens,
  errors: {
    /** All ways of failing look alike; the fact says which it was. */
    login_failed: 'unauthenticated',
    identity_provider_unavailable: 'unavailable',
    factor_required: 'unauthenticated',
    ...DEVICE_REFUSALS,
  },
});
