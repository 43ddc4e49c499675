import { readAuthenticationPolicy, setAuthenticationPolicy } from '../../auth/authentication-policy.js';
import {
  beginPasskey,
  beginPasskeyLogin,
  beginStepUp,
  beginTotp,
  confirmPasskey,
  confirmTotp,
  finishLogin,
  listFactors,
  listFactorsOf,
  removeFactor,
  renewRecoveryCodes,
} from '../../auth/factors.js';
import {
  approveFactorReset,
  completePasswordReset,
  listFactorResets,
  rejectFactorReset,
  requestFactorReset,
  startPasswordReset,
} from '../../auth/resets.js';
import { route } from '../define-route.js';

const authenticationPolicy = '/v1/authentication-policies/{subjectId}';

/** What a login asks for, and the way back for who has lost it: auth. */
export const FACTOR_ROUTES = {
  beginPasskeyLogin: route('POST', '/v1/sessions/passkey', 'Begin to sign in with a passkey', beginPasskeyLogin, {
    limit: 'login',
  }),
  finishLogin: route('POST', '/v1/sessions/finish', 'Show what a login still asks for', finishLogin, {
    limit: 'login',
    status: 201,
  }),
  beginStepUp: route('POST', '/v1/sessions/step-up', 'Begin to show once more who I am', beginStepUp),
  listFactors: route('GET', '/v1/factors', 'List my factors', listFactors),
  listFactorsOf: route('GET', '/v1/users/{userId}/factors', 'List the factors of somebody', listFactorsOf),
  beginTotp: route('POST', '/v1/factors/totp', 'Begin to add an authenticator app', beginTotp, { status: 201 }),
  confirmTotp: route('POST', '/v1/factors/totp/{factorId}/confirm', 'Confirm it with a code', confirmTotp),
  beginPasskey: route('POST', '/v1/factors/passkeys/begin', 'Begin to add a passkey', beginPasskey),
  confirmPasskey: route('POST', '/v1/factors/passkeys', 'Add the passkey', confirmPasskey, { status: 201 }),
  renewRecoveryCodes: route('POST', '/v1/factors/recovery-codes', 'Get new recovery codes', renewRecoveryCodes),
  removeFactor: route('DELETE', '/v1/users/{userId}/factors/{factorId}', 'Remove a factor', removeFactor),
  startPasswordReset: route(
    'POST',
    '/v1/users/{userId}/password-reset',
    'Begin a reset of a password',
    startPasswordReset,
    {
      status: 201,
    },
  ),
  completePasswordReset: route('POST', '/v1/password-reset', 'Choose another password', completePasswordReset, {
    limit: 'login',
  }),
  requestFactorReset: route(
    'POST',
    '/v1/users/{userId}/factor-reset',
    'Ask for all factors of somebody to go',
    requestFactorReset,
    { status: 201 },
  ),
  listFactorResets: route('GET', '/v1/factor-resets', 'Resets of factors', listFactorResets),
  approveFactorReset: route('POST', '/v1/factor-resets/{resetId}/approve', 'Agree as the second', approveFactorReset),
  rejectFactorReset: route(
    'POST',
    '/v1/factor-resets/{resetId}/reject',
    'Refuse a reset of factors',
    rejectFactorReset,
  ),
  readAuthenticationPolicy: route('GET', authenticationPolicy, 'What is asked at login', readAuthenticationPolicy),
  setAuthenticationPolicy: route('PUT', authenticationPolicy, 'Say what is asked at login', setAuthenticationPolicy),
} as const;
