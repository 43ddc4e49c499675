import {
  acceptInvitation,
  bootstrapOrganization,
  createInvitation,
  listInvitations,
  revokeInvitation,
} from '../../auth/invitations.js';
import { listSecurityNotices } from '../../auth/notices.js';
import { addPoolUser, createPool, listPools, removePoolUser, renamePool } from '../../auth/pools.js';
import { changePassword, closeSession, listSessions, openSession, refreshSession } from '../../auth/sessions.js';
import { listDevices, listUsers, readMe, removeDevice, removeUser, updateUser } from '../../auth/users.js';
import { route } from '../define-route.js';

/** Sessions, invitations, and the people, devices and pools of an organization: auth. */
export const ACCOUNT_ROUTES = {
  bootstrap: route('POST', '/v1/bootstrap', 'Make the first organization and its owner', bootstrapOrganization, {
    limit: 'login',
    status: 201,
  }),
  login: route('POST', '/v1/sessions', 'Open a session with a password', openSession, { limit: 'login', status: 201 }),
  refresh: route('POST', '/v1/sessions/refresh', 'Rotate the tokens of a session', refreshSession),
  listSessions: route('GET', '/v1/sessions', 'List my sessions', listSessions),
  logout: route('DELETE', '/v1/sessions/current', 'End the session that asks', closeSession),
  closeSession: route('DELETE', '/v1/sessions/{sessionId}', 'End one of my sessions', closeSession),
  changePassword: route('POST', '/v1/password', 'Change my password', changePassword, { limit: 'login' }),

  invite: route('POST', '/v1/invitations', 'Invite a person', createInvitation, { status: 201 }),
  listInvitations: route('GET', '/v1/invitations', 'List open invitations', listInvitations),
  revokeInvitation: route('DELETE', '/v1/invitations/{invitationId}', 'Withdraw an invitation', revokeInvitation),
  acceptInvitation: route('POST', '/v1/invitations/accept', 'Join with an invitation', acceptInvitation, {
    limit: 'login',
    status: 201,
  }),

  me: route('GET', '/v1/me', 'Who I am', readMe),
  listSecurityNotices: route('GET', '/v1/security-notices', 'What happened to my account', listSecurityNotices),
  listDevices: route('GET', '/v1/devices', 'List my devices', listDevices),
  removeDevice: route('DELETE', '/v1/devices/{deviceId}', 'Put one of my devices out', removeDevice),
  listUsers: route('GET', '/v1/users', 'List people of my organization', listUsers),
  updateUser: route('PATCH', '/v1/users/{userId}', 'Change a person', updateUser),
  removeUser: route('DELETE', '/v1/users/{userId}', 'Take a person out for good', removeUser),
  listPools: route('GET', '/v1/pools', 'List pools', listPools),
  createPool: route('PUT', '/v1/pools/{id}', 'Make a pool', createPool),
  renamePool: route('PATCH', '/v1/pools/{poolId}', 'Rename a pool', renamePool),
  addPoolUser: route('PUT', '/v1/pools/{poolId}/users/{userId}', 'Put a person into a pool', addPoolUser),
  removePoolUser: route('DELETE', '/v1/pools/{poolId}/users/{userId}', 'Take a person out of a pool', removePoolUser),
} as const;
