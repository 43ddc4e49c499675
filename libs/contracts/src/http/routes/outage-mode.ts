import { breakGlassLogin, issueBreakGlass, listBreakGlass, revokeBreakGlass } from '../../auth/break-glass.js';
import {
  deleteOutageKey,
  listOutageKeys,
  putOutageKey,
  readOutageMode,
  releaseOutageMode,
  setOutageMode,
  signedOutageSwitch,
} from '../../auth/outage-mode.js';
import { route } from '../define-route.js';

/** The outage mode, and the way in when all else is down: auth. */
export const OUTAGE_MODE_ROUTES = {
  readOutageMode: route('GET', '/v1/outage-mode', 'Whether the usual channels are given up', readOutageMode),
  setOutageMode: route('PUT', '/v1/outage-mode', 'Switch outage mode', setOutageMode),
  releaseOutageMode: route(
    'POST',
    '/v1/outage-mode/automatic',
    'Leave outage mode to the watch on the first channel again',
    releaseOutageMode,
  ),
  signedOutageSwitch: route(
    'POST',
    '/v1/outage-mode/signed',
    'Switch outage mode by a key issued beforehand, without signing in',
    signedOutageSwitch,
    { limit: 'login' },
  ),
  listOutageKeys: route('GET', '/v1/outage-keys', 'Keys that switch outage mode', listOutageKeys),
  putOutageKey: route('PUT', '/v1/outage-keys/{keyId}', 'Issue a key that switches outage mode', putOutageKey),
  deleteOutageKey: route('DELETE', '/v1/outage-keys/{keyId}', 'Take such a key back', deleteOutageKey),
  listBreakGlass: route('GET', '/v1/break-glass', 'List break-glass credentials', listBreakGlass),
  issueBreakGlass: route('POST', '/v1/break-glass', 'Issue a break-glass credential', issueBreakGlass, { status: 201 }),
  revokeBreakGlass: route(
    'DELETE',
    '/v1/break-glass/{credentialId}',
    'Take a break-glass credential back',
    revokeBreakGlass,
  ),
  breakGlassLogin: route('POST', '/v1/sessions/break-glass', 'Come in when all else is down', breakGlassLogin, {
    limit: 'login',
    status: 201,
  }),
} as const;
