import {
  acceptInvitation,
  bootstrapOrganization,
  createInvitation,
  listInvitations,
  revokeInvitation,
} from '../auth/invitations.js';
import { addPoolUser, createPool, listPools, removePoolUser, renamePool } from '../auth/pools.js';
import { changePassword, closeSession, listSessions, openSession, refreshSession } from '../auth/sessions.js';
import { listDevices, listUsers, readMe, removeDevice, removeUser, updateUser } from '../auth/users.js';
import {
  addMembers,
  advanceMarks,
  changeRole,
  closeConversation,
  createConversation,
  listConversations,
  listMembers,
  muteConversation,
  readConversation,
  removeMember,
  updateConversation,
} from '../messaging/conversations.js';
import { appendEntry, listEntries, syncEntries } from '../messaging/entries.js';
import { route } from './define-route.js';

const conversation = '/v1/conversations/{conversationId}';

/** Everything a client can ask over HTTP. The gateway serves this table, the SDK calls it, OpenAPI is written from it. */
export const ROUTES = {
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

  createConversation: route('PUT', '/v1/conversations/{id}', 'Make a conversation', createConversation),
  listConversations: route('GET', '/v1/conversations', 'List my conversations', listConversations),
  readConversation: route('GET', conversation, 'One conversation as I see it', readConversation),
  updateConversation: route('PATCH', conversation, 'Change title or settings', updateConversation),
  closeConversation: route('POST', `${conversation}/close`, 'Close a conversation', closeConversation),
  muteConversation: route('PUT', `${conversation}/mute`, 'Mute, or unmute with null', muteConversation),
  listMembers: route('GET', `${conversation}/members`, 'List members and how far they have read', listMembers),
  addMembers: route('POST', `${conversation}/members`, 'Add members', addMembers),
  removeMember: route('DELETE', `${conversation}/members/{userId}`, 'Take a member out, or leave', removeMember),
  changeRole: route('PUT', `${conversation}/members/{userId}/role`, "Change a member's role", changeRole),
  listEntries: route('GET', `${conversation}/entries`, 'Read the log forwards or backwards', listEntries),
  append: route('PUT', `${conversation}/entries/{id}`, 'Write an entry; safe to repeat with the same id', appendEntry),
  sync: route('POST', '/v1/sync', 'What changed since my heads', syncEntries, { limit: 'read' }),
  marks: route('POST', '/v1/marks', 'Say how far I have received and read', advanceMarks),
} as const;
