import {
  exportAppPolicy,
  listAppPolicyReports,
  readAppPolicyLayer,
  readEffectiveAppPolicy,
  readMyAppPolicy,
  reportAppPolicy,
  setAppPolicyLayer,
} from '../auth/app-policy.js';
import { readAuthenticationPolicy, setAuthenticationPolicy } from '../auth/authentication-policy.js';
import {
  beginPasskey,
  beginPasskeyLogin,
  beginStepUp,
  beginTotp,
  confirmPasskey,
  confirmTotp,
  finishLogin,
  listFactors,
  removeFactor,
  renewRecoveryCodes,
} from '../auth/factors.js';
import {
  cancelWipe,
  confirmWipe,
  fetchWipeOrder,
  listOrganizationDevices,
  listWipes,
  orderWipe,
  setDeviceState,
} from '../auth/devices.js';
import { createEnrolment, enrolDevice, listEnrolments, revokeEnrolment } from '../auth/enrolments.js';
import {
  approveDirectoryRun,
  deleteDirectory,
  listDirectories,
  listDirectoryChanges,
  listDirectoryRuns,
  putDirectory,
  readDirectoryRun,
  startDirectoryRun,
  testDirectory,
  undoDirectoryRun,
} from '../auth/directories.js';
import {
  beginOidcLogin,
  deleteIdentityProvider,
  finishOidcLogin,
  listIdentityProviders,
  listLoginMethods,
  putIdentityProvider,
  testIdentityProvider,
} from '../auth/identity-providers.js';
import {
  acceptInvitation,
  bootstrapOrganization,
  createInvitation,
  listInvitations,
  revokeInvitation,
} from '../auth/invitations.js';
import {
  addBotKey,
  createBot,
  issueBotToken,
  listBots,
  removeBot,
  retireBotKey,
  setBotAudience,
  updateBot,
} from '../auth/bots.js';
import { breakGlassLogin, issueBreakGlass, listBreakGlass, revokeBreakGlass } from '../auth/break-glass.js';
import {
  deleteOutageKey,
  listOutageKeys,
  putOutageKey,
  readOutageMode,
  releaseOutageMode,
  setOutageMode,
  signedOutageSwitch,
} from '../auth/outage-mode.js';
import {
  deleteContactCell,
  explainContact,
  putContactCell,
  readContactPolicy,
  setContactPolicy,
} from '../auth/contact-policy.js';
import { listSecurityNotices } from '../auth/notices.js';
import { addPoolUser, createPool, listPools, removePoolUser, renamePool } from '../auth/pools.js';
import { deletePostureSource, listPostureSources, putPostureSource } from '../auth/posture.js';
import {
  createProvisioningClient,
  deleteProvisioningClient,
  listProvisioningClients,
  releaseProvisioningBrake,
  rotateProvisioningSecret,
} from '../auth/provisioning.js';
import { importPeople } from '../auth/people-import.js';
import { deleteRegistrationEntry, listRegistrationEntries, putRegistrationEntry } from '../auth/registration-policy.js';
import {
  assignRole,
  deleteRole,
  listRoleAssignments,
  listRoles,
  putRole,
  readMyPermissions,
  unassignRole,
} from '../auth/roles.js';
import {
  activateRemoteLock,
  deactivateRemoteLock,
  fetchRemoteSecret,
  lockDevice,
  unlockDevice,
} from '../auth/remote-lock.js';
import {
  approveFactorReset,
  completePasswordReset,
  listFactorResets,
  rejectFactorReset,
  requestFactorReset,
  startPasswordReset,
} from '../auth/resets.js';
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
import {
  deleteQualification,
  deleteQualificationHolder,
  listQualificationHolders,
  listQualifications,
  putQualification,
  putQualificationHolder,
} from '../alerting/qualifications.js';
import {
  confirmHandOver,
  deleteDutyOverride,
  deleteRoster,
  listMyDuties,
  listRosters,
  previewRoster,
  putDutyOverride,
  putRoster,
  readRoster,
} from '../alerting/rosters.js';
import { putAlarmSettings, readAlarmSettings } from '../alerting/alarm-settings.js';
import {
  deleteAlarmSource,
  listAlarmDeliveries,
  listAlarmSources,
  putAlarmSource,
  rotateAlarmSourceSecret,
  tryAlarmSource,
} from '../alerting/alarm-sources.js';
import {
  deleteAlarmTemplate,
  listAlarmTemplates,
  putAlarmTemplate,
  raiseFromTemplate,
} from '../alerting/alarm-templates.js';
import { addChecklistItem, tickChecklistItem } from '../alerting/checklists.js';
import { listOutages, putCrisisPlan, readCrisisPlan, readCrisisRooms, readOutageReport } from '../alerting/outages.js';
import { deleteProbe, listProbeResults, putProbe, putWatchSettings, readWatch, tryProbe } from '../alerting/watch.js';
import {
  listContactPoints,
  putContactPoint,
  removeContactPoint,
  sendContactCode,
  verifyContactPoint,
} from '../alerting/contact-points.js';
import { putContactRules, readContactRules } from '../alerting/contact-rules.js';
import {
  listPushRegistrations,
  putPushRegistration,
  readPushKey,
  removePushRegistration,
} from '../alerting/push-registrations.js';
import {
  answerAlarm,
  approveAlarm,
  endAlarm,
  listAlarms,
  markAlarm,
  raiseAlarm,
  readAlarm,
  readAlarmReport,
  updateAlarm,
} from '../alerting/alarms.js';
import {
  deleteEscalationPolicy,
  lintEscalationPolicy,
  listEscalationPolicies,
  putEscalationPolicy,
} from '../alerting/escalation-policies.js';
import { listDrills, readDrill, startDrill } from '../alerting/drills.js';
import { raiseProbe } from '../alerting/probes.js';
import { appendEntry, listEntries, syncEntries } from '../messaging/entries.js';
import { route } from './define-route.js';

const conversation = '/v1/conversations/{conversationId}';
const authenticationPolicy = '/v1/authentication-policies/{subjectId}';
const contactCell = '/v1/contact-policy/cells/{fromPoolId}/{toPoolId}';
const registrationEntry = '/v1/registration-policy/{entryId}';
const deviceOf = '/v1/users/{userId}/devices/{deviceId}';
const contactPoint = '/v1/contact-points/{contactPointId}';
const directory = '/v1/directories/{directoryId}';
const identityProvider = '/v1/identity-providers/{providerId}';
const directoryRun = '/v1/directory-runs/{runId}';
const appPolicyLayer = '/v1/app-policies/layers/{layer}/{subjectId}';

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

  beginPasskeyLogin: route('POST', '/v1/sessions/passkey', 'Begin to sign in with a passkey', beginPasskeyLogin, {
    limit: 'login',
  }),
  finishLogin: route('POST', '/v1/sessions/finish', 'Show what a login still asks for', finishLogin, {
    limit: 'login',
    status: 201,
  }),
  beginStepUp: route('POST', '/v1/sessions/step-up', 'Begin to show once more who I am', beginStepUp),
  listFactors: route('GET', '/v1/factors', 'List my factors', listFactors),
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

  listOrganizationDevices: route(
    'GET',
    '/v1/organization/devices',
    'List devices of everybody',
    listOrganizationDevices,
  ),
  setDeviceState: route('PUT', `${deviceOf}/state`, 'Let a device in, suspend it or put it out', setDeviceState),
  orderWipe: route('POST', `${deviceOf}/wipe`, 'Order that its data goes', orderWipe, { status: 201 }),
  cancelWipe: route('DELETE', `${deviceOf}/wipe`, 'Take the order back', cancelWipe),
  listWipes: route('GET', '/v1/wipes', 'List orders to wipe', listWipes),
  fetchWipeOrder: route('POST', '/v1/wipes/fetch', 'For a device: fetch its order to wipe', fetchWipeOrder),
  confirmWipe: route('POST', '/v1/wipes/confirm', 'For a device: say that it is done', confirmWipe),

  activateRemoteLock: route('PUT', '/v1/remote-lock', 'Get a remote secret for this device', activateRemoteLock),
  deactivateRemoteLock: route('DELETE', '/v1/remote-lock', 'Give the remote secret up', deactivateRemoteLock),
  fetchRemoteSecret: route('POST', '/v1/remote-lock/fetch', 'For an app that starts: its secret', fetchRemoteSecret),
  lockDevice: route('PUT', `${deviceOf}/lock`, 'Lock a device, reachable or not', lockDevice),
  unlockDevice: route('DELETE', `${deviceOf}/lock`, 'Unlock a device', unlockDevice),

  createEnrolment: route('POST', '/v1/enrolments', 'Make a token that lets one device in', createEnrolment, {
    status: 201,
  }),
  listEnrolments: route('GET', '/v1/enrolments', 'List such tokens', listEnrolments),
  revokeEnrolment: route('DELETE', '/v1/enrolments/{enrolmentId}', 'Withdraw such a token', revokeEnrolment),
  enrolDevice: route('POST', '/v1/enrolments/redeem', 'For a device: come in with its token', enrolDevice, {
    limit: 'login',
    status: 201,
  }),

  listPostureSources: route('GET', '/v1/posture-sources', 'Who says whether devices are in order', listPostureSources),
  putPostureSource: route('PUT', '/v1/posture-sources/{sourceId}', 'Connect device management', putPostureSource),
  deletePostureSource: route(
    'DELETE',
    '/v1/posture-sources/{sourceId}',
    'Forget device management',
    deletePostureSource,
  ),

  listProvisioningClients: route('GET', '/v1/provisioning-clients', 'List SCIM clients', listProvisioningClients),
  createProvisioningClient: route(
    'POST',
    '/v1/provisioning-clients',
    'Make a SCIM client; its secret is shown once',
    createProvisioningClient,
    { status: 201 },
  ),
  rotateProvisioningSecret: route(
    'POST',
    '/v1/provisioning-clients/{clientId}/rotate',
    'Give a SCIM client another secret',
    rotateProvisioningSecret,
  ),
  releaseProvisioningBrake: route(
    'POST',
    '/v1/provisioning-clients/{clientId}/release',
    'Let a SCIM client go on that the brake has stopped',
    releaseProvisioningBrake,
  ),
  deleteProvisioningClient: route(
    'DELETE',
    '/v1/provisioning-clients/{clientId}',
    'Forget a SCIM client; its people stay',
    deleteProvisioningClient,
  ),

  importPeople: route('POST', '/v1/people-imports', 'Make people from a CSV list, line by line', importPeople),

  listDirectories: route('GET', '/v1/directories', 'List directories', listDirectories),
  putDirectory: route('PUT', directory, 'Connect a directory, or change how it is read', putDirectory),
  deleteDirectory: route('DELETE', directory, 'Forget a directory; its people stay', deleteDirectory),
  testDirectory: route('POST', `${directory}/test`, 'Try a directory and say what is wrong', testDirectory),
  startDirectoryRun: route('POST', `${directory}/runs`, 'Read it and plan; apply unless it is dry', startDirectoryRun, {
    status: 201,
  }),
  listDirectoryRuns: route('GET', `${directory}/runs`, 'List its last runs', listDirectoryRuns),
  readDirectoryRun: route('GET', directoryRun, 'How far a run is', readDirectoryRun),
  listDirectoryChanges: route('GET', `${directoryRun}/changes`, 'What it changes', listDirectoryChanges),
  approveDirectoryRun: route(
    'POST',
    `${directoryRun}/approve`,
    'Let a stopped or planned run go on',
    approveDirectoryRun,
  ),
  undoDirectoryRun: route('POST', `${directoryRun}/undo`, 'Take back what a run did', undoDirectoryRun),

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

  readMyAppPolicy: route('GET', '/v1/app-policy', 'What my app may do on this device', readMyAppPolicy, { etag: true }),
  reportAppPolicy: route('POST', '/v1/app-policy/report', 'Say what my device made of its policy', reportAppPolicy),
  readAppPolicyLayer: route('GET', appPolicyLayer, 'What one layer says about apps', readAppPolicyLayer),
  setAppPolicyLayer: route('PUT', appPolicyLayer, 'Say what apps may do', setAppPolicyLayer),
  readEffectiveAppPolicy: route('GET', '/v1/app-policies/effective', 'What holds for a person', readEffectiveAppPolicy),
  listAppPolicyReports: route('GET', '/v1/app-policies/reports', 'What devices applied', listAppPolicyReports),
  exportAppPolicy: route('GET', '/v1/app-policies/export', 'The policy for device management', exportAppPolicy),

  readContactPolicy: route('GET', '/v1/contact-policy', 'Who may meet whom', readContactPolicy),
  setContactPolicy: route('PUT', '/v1/contact-policy', 'Say who may meet whom', setContactPolicy),
  putContactCell: route('PUT', contactCell, 'Say what one pool may do to another', putContactCell),
  deleteContactCell: route('DELETE', contactCell, 'Say no more what one pool may do to another', deleteContactCell),
  explainContact: route('GET', '/v1/explain/contact', 'Why somebody may reach somebody, or not', explainContact),
  listRegistrationEntries: route('GET', '/v1/registration-policy', 'Who may register', listRegistrationEntries),
  putRegistrationEntry: route('PUT', '/v1/registration-policy/{id}', 'Let somebody register', putRegistrationEntry),
  deleteRegistrationEntry: route('DELETE', registrationEntry, 'Let somebody register no more', deleteRegistrationEntry),

  myPermissions: route('GET', '/v1/me/permissions', 'What I may do, and where', readMyPermissions),
  listRoles: route('GET', '/v1/roles', 'List custom roles', listRoles),
  putRole: route('PUT', '/v1/roles/{id}', 'Make or change a custom role', putRole),
  deleteRole: route('DELETE', '/v1/roles/{roleId}', 'Delete a custom role', deleteRole),
  listRoleAssignments: route('GET', '/v1/roles/{roleId}/users', 'Who has a custom role', listRoleAssignments),
  assignRole: route('PUT', '/v1/roles/{roleId}/users/{userId}', 'Give a custom role to a person', assignRole),
  unassignRole: route('DELETE', '/v1/roles/{roleId}/users/{userId}', 'Take a custom role from a person', unassignRole),

  listBots: route('GET', '/v1/bots', 'List bots', listBots),
  createBot: route('POST', '/v1/bots', 'Make a bot', createBot, { status: 201 }),
  updateBot: route('PATCH', '/v1/bots/{botId}', 'Change a bot', updateBot),
  removeBot: route('DELETE', '/v1/bots/{botId}', 'Take a bot out for good', removeBot),
  addBotKey: route('POST', '/v1/bots/{botId}/keys', 'Give a bot a second key', addBotKey, { status: 201 }),
  retireBotKey: route('DELETE', '/v1/bots/{botId}/keys/{keyId}', 'Take a key of a bot out of use', retireBotKey),
  setBotAudience: route('PUT', '/v1/bots/{botId}/audience', 'Say who may see a bot', setBotAudience),
  botToken: route('POST', '/v1/bots/token', 'Get a token for a bot', issueBotToken),

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

  raiseAlarm: route('PUT', '/v1/alarms/{alarmId}', 'Raise an alarm; safe to repeat with the same id', raiseAlarm),
  listAlarms: route('GET', '/v1/alarms', 'Alarms that concern me', listAlarms),
  readAlarm: route('GET', '/v1/alarms/{alarmId}', 'One alarm', readAlarm),
  approveAlarm: route('POST', '/v1/alarms/{alarmId}/approval', 'Let an alarm to many people out', approveAlarm),
  answerAlarm: route('POST', '/v1/alarms/{alarmId}/answer', 'Answer an alarm', answerAlarm),
  updateAlarm: route('PATCH', '/v1/alarms/{alarmId}', 'Change what an alarm says', updateAlarm),
  endAlarm: route('POST', '/v1/alarms/{alarmId}/end', 'Give the all-clear, or cancel', endAlarm),
  markAlarms: route('POST', '/v1/alarm-marks', 'Say that the device has an alarm, or that it was seen', markAlarm),
  readAlarmReport: route(
    'GET',
    '/v1/alarms/{alarmId}/report',
    'Who was told when, and who answered what',
    readAlarmReport,
  ),
  addChecklistItem: route(
    'PUT',
    '/v1/alarms/{alarmId}/checklist/{itemId}',
    'Add something to do; safe to repeat with the same id',
    addChecklistItem,
  ),
  tickChecklistItem: route(
    'POST',
    '/v1/alarms/{alarmId}/checklist/{itemId}/done',
    'Say that it is done, or not after all',
    tickChecklistItem,
  ),
  raiseFromTemplate: route(
    'PUT',
    '/v1/alarms/{alarmId}/from-template',
    'Raise a prepared alarm; safe to repeat with the same id',
    raiseFromTemplate,
  ),
  listAlarmTemplates: route('GET', '/v1/alarm-templates', 'Alarms that are prepared', listAlarmTemplates),
  putAlarmTemplate: route('PUT', '/v1/alarm-templates/{templateId}', 'Prepare an alarm', putAlarmTemplate),
  deleteAlarmTemplate: route(
    'DELETE',
    '/v1/alarm-templates/{templateId}',
    'Delete a prepared alarm',
    deleteAlarmTemplate,
  ),
  readWatch: route('GET', '/v1/watch', 'What the watch on the first channel sees and concludes', readWatch),
  putWatchSettings: route('PUT', '/v1/watch/settings', 'Say when it is an outage', putWatchSettings),
  putProbe: route('PUT', '/v1/watch/probes/{probeId}', 'Say what is looked at', putProbe),
  deleteProbe: route('DELETE', '/v1/watch/probes/{probeId}', 'Look at it no more', deleteProbe),
  tryProbe: route('POST', '/v1/watch/probes/{probeId}/try', 'Look now, once', tryProbe),
  listProbeResults: route('GET', '/v1/watch/probes/{probeId}/results', 'What was seen last', listProbeResults),
  readCrisisPlan: route('GET', '/v1/crisis-plan', 'What happens in an outage', readCrisisPlan),
  putCrisisPlan: route('PUT', '/v1/crisis-plan', 'Say what happens in an outage', putCrisisPlan),
  readCrisisRooms: route('GET', '/v1/crisis-plan/rooms', 'Where the conversations of the crisis are', readCrisisRooms),
  listOutages: route('GET', '/v1/outages', 'Outages there were', listOutages),
  readOutageReport: route('GET', '/v1/outages/{outageId}/report', 'What happened in an outage', readOutageReport),
  startDrill: route('PUT', '/v1/alarm-drills/{drillId}', 'Begin a silent drill; safe to repeat', startDrill),
  listDrills: route('GET', '/v1/alarm-drills', 'Drills, the newest first', listDrills),
  readDrill: route('GET', '/v1/alarm-drills/{drillId}', 'A drill with its report', readDrill),
  raiseProbe: route('PUT', '/v1/alarm-probes/{alarmId}', 'Raise a silent test alarm to myself', raiseProbe),
  readAlarmSettings: route('GET', '/v1/alarm-settings', 'How the organization alarms', readAlarmSettings),
  putAlarmSettings: route('PUT', '/v1/alarm-settings', 'Say how the organization alarms', putAlarmSettings),
  listAlarmSources: route('GET', '/v1/alarm-sources', 'Where alarms come from', listAlarmSources),
  putAlarmSource: route('PUT', '/v1/alarm-sources/{sourceId}', 'Make or change a source of alarms', putAlarmSource),
  deleteAlarmSource: route('DELETE', '/v1/alarm-sources/{sourceId}', 'Delete a source of alarms', deleteAlarmSource),
  rotateAlarmSourceSecret: route(
    'POST',
    '/v1/alarm-sources/{sourceId}/secret',
    'Give a source of alarms a new secret',
    rotateAlarmSourceSecret,
  ),
  tryAlarmSource: route(
    'POST',
    '/v1/alarm-sources/{sourceId}/try',
    'See what a body would raise, without raising it',
    tryAlarmSource,
  ),
  listAlarmDeliveries: route(
    'GET',
    '/v1/alarm-sources/{sourceId}/deliveries',
    'What a source of alarms was sent lately, and what became of it',
    listAlarmDeliveries,
  ),
  listEscalationPolicies: route('GET', '/v1/escalation-policies', 'Who is told next', listEscalationPolicies),
  putEscalationPolicy: route('PUT', '/v1/escalation-policies/{policyId}', 'Say who is told next', putEscalationPolicy),
  lintEscalationPolicy: route(
    'GET',
    '/v1/escalation-policies/{policyId}/findings',
    'What would not work in an emergency',
    lintEscalationPolicy,
  ),
  deleteEscalationPolicy: route(
    'DELETE',
    '/v1/escalation-policies/{policyId}',
    'Delete an escalation policy',
    deleteEscalationPolicy,
  ),
  listRosters: route('GET', '/v1/rosters', 'Who is on duty', listRosters),
  putRoster: route('PUT', '/v1/rosters/{rosterId}', 'Say who is on duty when', putRoster),
  readRoster: route('GET', '/v1/rosters/{rosterId}', 'One roster, and what would not work', readRoster),
  deleteRoster: route('DELETE', '/v1/rosters/{rosterId}', 'Delete a roster', deleteRoster),
  previewRoster: route('GET', '/v1/rosters/{rosterId}/preview', 'Who will be on duty, and when nobody', previewRoster),
  putDutyOverride: route(
    'PUT',
    '/v1/rosters/{rosterId}/overrides/{overrideId}',
    'Put somebody else on duty for a time',
    putDutyOverride,
  ),
  deleteDutyOverride: route(
    'DELETE',
    '/v1/rosters/{rosterId}/overrides/{overrideId}',
    'Let the usual hold again',
    deleteDutyOverride,
  ),
  listQualifications: route('GET', '/v1/qualifications', 'What people may be able to do', listQualifications),
  putQualification: route('PUT', '/v1/qualifications/{qualificationId}', 'Name a qualification', putQualification),
  deleteQualification: route(
    'DELETE',
    '/v1/qualifications/{qualificationId}',
    'Delete a qualification',
    deleteQualification,
  ),
  listQualificationHolders: route(
    'GET',
    '/v1/qualifications/{qualificationId}/holders',
    'Who holds a qualification',
    listQualificationHolders,
  ),
  putQualificationHolder: route(
    'PUT',
    '/v1/qualifications/{qualificationId}/holders/{userId}',
    'Say that somebody holds a qualification',
    putQualificationHolder,
  ),
  deleteQualificationHolder: route(
    'DELETE',
    '/v1/qualifications/{qualificationId}/holders/{userId}',
    'Say that somebody holds it no more',
    deleteQualificationHolder,
  ),
  listMyDuties: route('GET', '/v1/duties', 'What I am on duty for', listMyDuties),
  confirmHandOver: route('POST', '/v1/rosters/{rosterId}/hand-over', 'Take over from who was on duty', confirmHandOver),

  readPushKey: route('GET', '/v1/push-key', 'The key that apps subscribe to Web Push with', readPushKey),
  listPushRegistrations: route('GET', '/v1/push-registrations', 'Where my devices are woken', listPushRegistrations),
  putPushRegistration: route(
    'PUT',
    '/v1/push-registrations',
    'Wake this device there; renews it, too',
    putPushRegistration,
  ),
  removePushRegistration: route(
    'DELETE',
    '/v1/push-registrations/{kind}',
    'Wake this device there no more',
    removePushRegistration,
  ),
  listContactPoints: route('GET', '/v1/contact-points', 'Where somebody can be reached', listContactPoints),
  putContactPoint: route('PUT', contactPoint, 'Add a way to reach somebody', putContactPoint),
  removeContactPoint: route('DELETE', contactPoint, 'Take a way to reach somebody away', removeContactPoint),
  sendContactCode: route('POST', `${contactPoint}/code`, 'Send a code to my address', sendContactCode),
  verifyContactPoint: route('POST', `${contactPoint}/verification`, 'Give the code back', verifyContactPoint),
  readContactRules: route('GET', '/v1/contact-rules', 'By which ways somebody is told', readContactRules),
  putContactRules: route('PUT', '/v1/contact-rules', 'Say by which ways I want to be told', putContactRules),
} as const;
