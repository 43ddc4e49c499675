import type { ROUTES } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import { DeviceKey } from '@relais/sdk';
import { newDevice } from './organization.js';
import type { Person } from './person.js';

/** What acme has, and what of rival's is needed to ask for it. */
export interface Place {
  conversationId: ConversationId;
  entryId: EntryId;
  other: { conversationId: ConversationId };
  poolId: never;
  otherPoolId: never;
  invitationId: never;
  alarmId: never;
  ownPoolId: never;
  victim: Person;
  mallory: Person;
}
export type RouteName = keyof typeof ROUTES;
interface Case {
  /** The code of the refusal; without one, the call may be made and tells nothing. */
  refused?: string;
  says: string;
  input(place: Place): object;
}

const refused = (code: string, input: (place: Place) => object = () => ({})): Case => ({
  ...{ refused: code, says: code, input },
});
const accepted = (says: string, input: (place: Place) => object = () => ({})): Case => ({ says, input });
const theirs = (more: (place: Place) => object = () => ({})) =>
  refused('conversation_not_found', (place) => ({ conversationId: place.conversationId, ...more(place) }));
const device = (place: Place) => ({
  ...newDevice('x', place.victim.session.tokens.deviceId),
  publicKey: DeviceKey.generate().publicKey,
});
const deviceIn = ({ id, session }: Person) => ({ userId: id, deviceId: session.tokens.deviceId });
const selfOf = ({ session: { tokens } }: Person) => ({
  organizationId: tokens.organizationId,
  deviceId: tokens.deviceId,
});
const userId = ({ victim }: Place) => victim.id;
const layerOf = ({ id }: Person) => ({
  ...{
    userIds: [id],
    shift: { unit: 'days', length: 1 },
    timeZone: 'UTC',
    startsOn: '2026-01-01',
    handOverAt: '08:00',
  },
});
const nobody = { email: 'nobody@rival.example', displayName: 'Nobody', password: 'correct horse battery staple' };

/** What every route answers to an owner of rival who gives ids, names and secrets of acme. */
export const CASES: Record<RouteName, Case> = {
  bootstrap: refused('bootstrap_refused', (place) => ({
    ...{ bootstrapToken: 'x'.repeat(40), organization: { handle: 'acme', name: 'Acme' } },
    ...{ owner: nobody, device: device(place) },
  })),
  login: refused('login_failed', ({ victim, ...place }) => {
    const { email, password } = victim.account;
    return { organization: 'rival', email, password, device: device({ victim, ...place }) };
  }),
  refresh: refused('refresh_failed', () => ({ refreshToken: 'x'.repeat(43), proof: 'x' })),
  listSessions: accepted('lists one’s own'),
  logout: accepted('ends one’s own'),
  closeSession: refused('session_not_found', ({ victim }) => ({ sessionId: victim.session.tokens.sessionId })),
  changePassword: refused('wrong_password', ({ victim }) => ({
    currentPassword: victim.account.password,
    newPassword: 'correct horse battery staple',
  })),
  invite: refused('pool_not_found', ({ poolId }) => ({ poolIds: [poolId] })),
  listInvitations: accepted('lists one’s own'),
  revokeInvitation: refused('invitation_not_found', ({ invitationId }) => ({ invitationId })),
  acceptInvitation: refused('invitation_refused', (place) => ({
    invitationToken: place.invitationId,
    ...nobody,
    device: device(place),
  })),
  me: accepted('is oneself'),
  listSecurityNotices: accepted('lists one’s own'),
  listDevices: accepted('lists one’s own'),
  removeDevice: refused('device_not_found', ({ victim }) => ({ deviceId: victim.session.tokens.deviceId })),
  listUsers: accepted('lists one’s own'),
  updateUser: refused('user_not_found', (place) => ({ userId: userId(place), role: 'owner' })),
  removeUser: refused('user_not_found', (place) => ({ userId: userId(place) })),
  listPools: accepted('lists one’s own'),
  createPool: accepted('makes one’s own of the same id', ({ otherPoolId }) => ({ id: otherPoolId, name: 'mine' })),
  renamePool: refused('pool_not_found', ({ poolId }) => ({ poolId, name: 'mine' })),
  addPoolUser: refused('user_not_found', (place) => ({ poolId: place.ownPoolId, userId: userId(place) })),
  removePoolUser: refused('pool_not_found', (place) => ({ poolId: place.poolId, userId: userId(place) })),
  beginPasskeyLogin: accepted('always answers alike', (place) => ({ organization: 'acme', device: device(place) })),
  finishLogin: refused('login_failed', () => ({
    ...{ loginToken: 'x'.repeat(80), shown: { kind: 'totp', code: '000000' } },
  })),
  beginStepUp: accepted('begins one’s own'),
  listFactors: accepted('lists one’s own'),
  listFactorsOf: refused('user_not_found', (place) => ({ userId: userId(place) })),
  beginTotp: accepted('begins one’s own', () => ({ name: 'app' })),
  confirmTotp: refused('factor_not_found', ({ entryId }) => ({ factorId: entryId, code: '000000' })),
  beginPasskey: accepted('begins one’s own'),
  confirmPasskey: refused('passkey_refused', () => ({ registrationToken: 'x', name: 'key', attestation: {} })),
  renewRecoveryCodes: accepted('renews one’s own'),
  removeFactor: refused('factor_not_found', ({ victim, entryId }) => ({ userId: victim.id, factorId: entryId })),
  startPasswordReset: refused('user_not_found', (place) => ({ userId: userId(place) })),
  completePasswordReset: refused('reset_refused', () => ({ resetToken: 'x'.repeat(80), newPassword: 'x'.repeat(20) })),
  requestFactorReset: refused('user_not_found', (place) => ({ userId: userId(place) })),
  listFactorResets: accepted('lists one’s own'),
  approveFactorReset: refused('reset_not_found', ({ poolId }) => ({ resetId: poolId })),
  rejectFactorReset: refused('reset_not_found', ({ poolId }) => ({ resetId: poolId })),
  readAuthenticationPolicy: refused('policy_subject_not_found', ({ poolId }) => ({ subjectId: poolId })),
  setAuthenticationPolicy: refused('policy_subject_not_found', ({ poolId }) => ({ subjectId: poolId, policy: {} })),
  listOrganizationDevices: accepted('lists one’s own'),
  setDeviceState: refused('device_not_found', ({ victim }) => ({ ...deviceIn(victim), state: 'gone' })),
  orderWipe: refused('device_not_found', ({ victim }) => deviceIn(victim)),
  cancelWipe: refused('device_not_found', ({ victim }) => deviceIn(victim)),
  listWipes: accepted('lists one’s own'),
  fetchWipeOrder: refused('no_wipe_order', ({ victim }) => ({ ...selfOf(victim), proof: 'x' })),
  confirmWipe: refused('no_wipe_order', ({ victim }) => ({ ...selfOf(victim), proof: 'x' })),
  activateRemoteLock: refused('remote_lock_off'),
  deactivateRemoteLock: accepted('gives up one’s own'),
  fetchRemoteSecret: refused('remote_secret_unknown', ({ victim }) => ({
    ...{ fetchToken: 'x'.repeat(80), deviceId: victim.session.tokens.deviceId, proof: 'x' },
  })),
  lockDevice: refused('device_not_found', ({ victim }) => deviceIn(victim)),
  unlockDevice: refused('device_not_found', ({ victim }) => deviceIn(victim)),
  createEnrolment: refused('user_not_found', (place) => ({
    ...{ for: { kind: 'person', userId: userId(place) }, serverUrl: 'https://rival.example' },
  })),
  listEnrolments: accepted('lists one’s own'),
  revokeEnrolment: refused('enrolment_not_found', ({ poolId }) => ({ enrolmentId: poolId })),
  enrolDevice: refused('enrolment_refused', (place) => ({
    ...{ enrolmentToken: 'x.y.z', device: device(place), proof: 'x' },
  })),
  listPostureSources: accepted('lists one’s own'),
  putPostureSource: accepted('makes one’s own of the same id', ({ otherPoolId }) => ({
    ...{ sourceId: otherPoolId, settings: { kind: 'json', name: 'mine' } },
  })),
  deletePostureSource: refused('posture_source_not_found', ({ poolId }) => ({ sourceId: poolId })),
  importPeople: accepted('makes one’s own people', ({ victim }) => ({
    csv: `email,name\n${victim.account.email},Mine`,
    dryRun: true,
  })),
  listProvisioningClients: accepted('lists one’s own'),
  createProvisioningClient: refused('pool_not_found', ({ poolId, entryId }) => ({
    ...{ clientId: entryId, settings: { name: 'SCIM', groups: [{ displayName: 'x', poolId }] } },
  })),
  rotateProvisioningSecret: refused('provisioning_client_not_found', ({ poolId }) => ({ clientId: poolId })),
  releaseProvisioningBrake: refused('provisioning_client_not_found', ({ poolId }) => ({ clientId: poolId })),
  deleteProvisioningClient: refused('provisioning_client_not_found', ({ poolId }) => ({ clientId: poolId })),
  listDirectories: accepted('lists one’s own'),
  putDirectory: refused('pool_not_found', ({ poolId, entryId }) => ({
    directoryId: entryId,
    settings: {
      ...{ name: 'AD', urls: ['ldaps://ldap.rival.example'], people: { base: 'dc=rival' } },
      groups: { base: 'dc=rival', mappings: [{ group: 'cn=x', poolId }] },
    },
  })),
  deleteDirectory: refused('directory_not_found', ({ entryId }) => ({ directoryId: entryId })),
  testDirectory: refused('directory_not_found', ({ entryId }) => ({ directoryId: entryId })),
  startDirectoryRun: refused('directory_not_found', ({ entryId }) => ({ directoryId: entryId })),
  listDirectoryRuns: accepted('lists none', ({ entryId }) => ({ directoryId: entryId })),
  readDirectoryRun: refused('run_not_found', ({ entryId }) => ({ runId: entryId })),
  listDirectoryChanges: refused('run_not_found', ({ entryId }) => ({ runId: entryId })),
  approveDirectoryRun: refused('run_not_found', ({ entryId }) => ({ runId: entryId })),
  undoDirectoryRun: refused('run_not_found', ({ entryId }) => ({ runId: entryId })),
  listIdentityProviders: accepted('lists one’s own'),
  putIdentityProvider: refused('pool_not_found', ({ poolId, entryId }) => ({
    providerId: entryId,
    settings: {
      ...{
        name: 'x',
        issuer: 'https://login.rival.example',
        clientId: 'x',
        redirectUris: ['https://rival.example/back'],
      },
      groups: { mappings: [{ group: 'x', poolId }] },
    },
  })),
  deleteIdentityProvider: refused('identity_provider_not_found', ({ entryId }) => ({ providerId: entryId })),
  testIdentityProvider: refused('identity_provider_not_found', ({ entryId }) => ({ providerId: entryId })),
  listLoginMethods: accepted('tells what is on every sign-in page', () => ({ organization: 'acme' })),
  beginOidcLogin: refused('identity_provider_not_found', ({ entryId, ...place }) => ({
    ...{ organization: 'acme', providerId: entryId, redirectUri: 'https://rival.example/back' },
    device: device({ entryId, ...place }),
  })),
  finishOidcLogin: refused('login_failed', () => ({
    ...{ loginToken: `@acme.${'x'.repeat(43)}`, callbackUrl: 'https://rival.example/back?code=x' },
  })),
  readOutageMode: accepted('reads one’s own'),
  setOutageMode: accepted('switches one’s own', () => ({ on: false, reason: 'over' })),
  releaseOutageMode: accepted('releases one’s own'),
  signedOutageSwitch: refused('outage_switch_refused', ({ entryId }) => ({
    ...{ organization: 'acme', keyId: entryId, command: 'x' },
  })),
  listOutageKeys: accepted('lists one’s own'),
  putOutageKey: accepted('issues one’s own', ({ otherPoolId }) => ({
    ...{ keyId: otherPoolId, publicKey: 'x'.repeat(43), label: 'safe', validDays: 1 },
  })),
  deleteOutageKey: refused('outage_key_not_found', () => ({ keyId: newId() })),
  listBreakGlass: accepted('lists one’s own'),
  issueBreakGlass: refused('user_not_found', ({ victim }) => ({ ...deviceIn(victim), validDays: 1 })),
  revokeBreakGlass: refused('credential_not_found', ({ entryId }) => ({ credentialId: entryId })),
  breakGlassLogin: refused('login_failed', ({ victim }) => ({
    ...{ organization: 'acme', deviceId: victim.session.tokens.deviceId, secret: 'x'.repeat(43), proof: 'x' },
  })),
  readMyAppPolicy: accepted('reads one’s own'),
  reportAppPolicy: accepted('reports of one’s own device', () => ({
    version: 'x',
    app: { version: '1.0', platform: 'android', osVersion: '15', isRooted: false },
  })),
  readAppPolicyLayer: refused('policy_subject_not_found', ({ poolId }) => ({ layer: 'pool', subjectId: poolId })),
  setAppPolicyLayer: refused('policy_subject_not_found', ({ victim }) => ({
    ...{ layer: 'device', subjectId: victim.session.tokens.deviceId, settings: {} },
  })),
  readEffectiveAppPolicy: refused('policy_subject_not_found', ({ victim }) => ({ userId: victim.id })),
  listAppPolicyReports: accepted('lists one’s own'),
  exportAppPolicy: accepted('exports one’s own', () => ({ format: 'ios_plist', appId: 'org.example.app' })),
  readContactPolicy: accepted('reads one’s own'),
  setContactPolicy: accepted('says it of one’s own', () => ({ mode: 'open' })),
  putContactCell: refused('pool_not_found', ({ poolId }) => ({
    ...{ fromPoolId: poolId, toPoolId: poolId, see: true, message: true, alarm: true },
  })),
  deleteContactCell: refused('cell_not_found', ({ poolId }) => ({ fromPoolId: poolId, toPoolId: poolId })),
  explainContact: refused('user_not_found', ({ victim, mallory }) => ({ from: mallory.id, to: victim.id })),
  readPeopleQuota: accepted('reads one’s own'),
  setPeopleQuota: accepted('says one’s own', () => ({ maxPeople: null })),
  readMessageKeeping: accepted('reads one’s own'),
  setMessageKeeping: accepted('says one’s own', () => ({ keepDays: null, keyDays: null })),
  previewMessageKeeping: accepted('counts one’s own', () => ({ keepDays: 1 })),
  listRegistrationEntries: accepted('lists one’s own'),
  putRegistrationEntry: accepted('lists of one’s own under the same id', ({ otherPoolId }) => ({
    ...{ id: otherPoolId, entry: { kind: 'domain', value: 'rival.example' } },
  })),
  deleteRegistrationEntry: refused('entry_not_found', ({ poolId }) => ({ entryId: poolId })),
  myPermissions: accepted('is oneself'),
  listRoles: accepted('lists one’s own'),
  raiseAlarm: refused('empty_audience', ({ victim, otherPoolId, entryId }) => ({
    ...{ alarmId: entryId, severity: 'notice', title: 'x' },
    audience: { userIds: [victim.id], poolIds: [otherPoolId] },
  })),
  listAlarms: accepted('lists one’s own'),
  readAlarm: refused('alarm_not_found', ({ alarmId }) => ({ alarmId })),
  approveAlarm: refused('alarm_not_found', ({ alarmId }) => ({ alarmId })),
  answerAlarm: refused('alarm_not_found', ({ alarmId }) => ({ alarmId, answer: 'coming' })),
  updateAlarm: refused('alarm_not_found', ({ alarmId }) => ({ alarmId, title: 'mine' })),
  endAlarm: refused('alarm_not_found', ({ alarmId }) => ({ alarmId, as: 'cancelled' })),
  markAlarms: accepted('marks nothing', ({ alarmId }) => ({
    marks: [{ alarmId, step: 0, cycle: 0, path: 'socket', state: 'shown' }],
  })),
  addChecklistItem: refused('alarm_not_found', ({ alarmId, entryId }) => ({ alarmId, itemId: entryId, text: 'x' })),
  tickChecklistItem: refused('alarm_not_found', ({ alarmId, entryId }) => ({ alarmId, itemId: entryId, done: true })),
  raiseFromTemplate: refused('template_not_found', ({ entryId }) => ({ alarmId: newId(), templateId: entryId })),
  listAlarmTemplates: accepted('lists one’s own'),
  putAlarmTemplate: accepted('prepares one’s own', ({ otherPoolId }) => ({
    ...{ templateId: otherPoolId, template: { name: 'x', severity: 'notice', title: 'x' } },
  })),
  deleteAlarmTemplate: refused('template_not_found', () => ({ templateId: newId() })),
  readWatch: accepted('reads one’s own'),
  putWatchSettings: accepted('says it of one’s own', () => ({ settings: {} })),
  putProbe: accepted('looks by oneself', ({ otherPoolId }) => ({
    ...{
      probeId: otherPoolId,
      probe: { name: 'x', check: { kind: 'tcp', host: '127.0.0.1', port: 1 }, enabled: false },
    },
  })),
  deleteProbe: refused('probe_not_found', () => ({ probeId: newId() })),
  tryProbe: refused('probe_not_found', () => ({ probeId: newId() })),
  listProbeResults: refused('probe_not_found', () => ({ probeId: newId() })),
  readCrisisPlan: accepted('reads one’s own'),
  putCrisisPlan: accepted('says it of one’s own', () => ({ plan: {} })),
  readCrisisRooms: accepted('reads one’s own'),
  listOutages: accepted('lists one’s own'),
  readOutageReport: refused('outage_not_found', ({ entryId }) => ({ outageId: entryId })),
  readAlarmReport: refused('alarm_not_found', ({ alarmId }) => ({ alarmId })),
  startDrill: refused('empty_audience', ({ otherPoolId, entryId }) => ({
    ...{ drillId: entryId, plan: { poolIds: [otherPoolId] } },
  })),
  listDrills: accepted('lists one’s own'),
  readDrill: refused('drill_not_found', ({ alarmId }) => ({ drillId: alarmId })),
  raiseProbe: accepted('tests with one’s own under another id', () => ({ alarmId: newId() })),
  readAlarmSettings: accepted('reads one’s own'),
  putAlarmSettings: accepted('says it of one’s own', () => ({ settings: {} })),
  listAlarmSources: accepted('lists one’s own'),
  putAlarmSource: accepted('makes one’s own of the same id', ({ alarmId }) => ({
    ...{ sourceId: alarmId, settings: { kind: 'alertmanager', name: 'x' } },
  })),
  deleteAlarmSource: refused('source_not_found', ({ entryId }) => ({ sourceId: entryId })),
  rotateAlarmSourceSecret: refused('source_not_found', ({ entryId }) => ({ sourceId: entryId })),
  tryAlarmSource: refused('source_not_found', ({ entryId }) => ({ sourceId: entryId, body: '{}' })),
  listAlarmDeliveries: refused('source_not_found', ({ entryId }) => ({ sourceId: entryId })),
  listEscalationPolicies: accepted('lists one’s own'),
  readPushKey: accepted('is the same for all'),
  listPushRegistrations: accepted('lists one’s own'),
  putPushRegistration: accepted('registers one’s own device', () => ({
    target: { kind: 'fcm', token: 'x'.repeat(40) },
  })),
  removePushRegistration: accepted('removes nothing but of one’s own device', () => ({ kind: 'fcm' })),
  listContactPoints: accepted('lists what one’s own organization knows of them: nothing', ({ victim }) => ({
    userId: victim.id,
  })),
  putContactPoint: refused('user_not_found', ({ victim }) => ({
    ...{ contactPointId: newId(), userId: victim.id },
    address: { kind: 'phone', number: '+4915112345678' },
  })),
  removeContactPoint: refused('contact_point_not_found', ({ victim }) => ({
    ...{ contactPointId: newId(), userId: victim.id },
  })),
  sendContactCode: refused('contact_point_not_found', () => ({ contactPointId: newId() })),
  verifyContactPoint: refused('code_refused', () => ({ contactPointId: newId(), code: '123456' })),
  readContactRules: accepted('reads what one’s own organization says', ({ victim }) => ({ userId: victim.id })),
  putContactRules: accepted('sets one’s own', () => ({ rules: {} })),
  putEscalationPolicy: accepted('makes one’s own of the same id', ({ otherPoolId, mallory }) => ({
    policyId: otherPoolId,
    policy: { name: 'mine', steps: [{ targets: [{ kind: 'user', userId: mallory.id }], waitSeconds: 60 }] },
  })),
  lintEscalationPolicy: refused('policy_not_found', ({ poolId }) => ({ policyId: poolId })),
  deleteEscalationPolicy: refused('policy_not_found', ({ poolId }) => ({ policyId: poolId })),
  listRosters: accepted('lists one’s own'),
  putRoster: accepted('makes one’s own of the same id', ({ otherPoolId, mallory }) => ({
    rosterId: otherPoolId,
    roster: { name: 'mine', layers: [layerOf(mallory)] },
  })),
  readRoster: refused('roster_not_found', ({ poolId }) => ({ rosterId: poolId })),
  deleteRoster: refused('roster_not_found', ({ poolId }) => ({ rosterId: poolId })),
  previewRoster: refused('roster_not_found', ({ poolId }) => ({
    ...{ rosterId: poolId, from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' },
  })),
  putDutyOverride: refused('roster_not_found', ({ poolId, otherPoolId, mallory }) => ({
    ...{ rosterId: poolId, overrideId: otherPoolId },
    override: { from: '2090-01-01T00:00:00Z', to: '2090-01-02T00:00:00Z', userId: mallory.id },
  })),
  deleteDutyOverride: refused('roster_not_found', ({ poolId, otherPoolId }) => ({
    ...{ rosterId: poolId, overrideId: otherPoolId },
  })),
  listQualifications: accepted('lists one’s own'),
  putQualification: accepted('makes one’s own of the same id', ({ otherPoolId }) => ({
    ...{ qualificationId: otherPoolId, qualification: { name: 'mine' } },
  })),
  deleteQualification: refused('qualification_not_found', ({ poolId }) => ({ qualificationId: poolId })),
  listQualificationHolders: refused('qualification_not_found', ({ poolId }) => ({ qualificationId: poolId })),
  putQualificationHolder: refused('user_not_found', ({ otherPoolId, victim }) => ({
    ...{ qualificationId: otherPoolId, userId: victim.id },
  })),
  deleteQualificationHolder: refused('qualification_not_found', ({ poolId, victim }) => ({
    ...{ qualificationId: poolId, userId: victim.id },
  })),
  listMyDuties: accepted('lists one’s own'),
  confirmHandOver: refused('roster_not_found', ({ poolId }) => ({ rosterId: poolId })),
  putRole: accepted('makes one’s own of the same id', ({ otherPoolId }) => ({
    ...{ id: otherPoolId, name: 'mine', permissions: ['invite'] },
  })),
  deleteRole: refused('role_not_found', ({ poolId }) => ({ roleId: poolId })),
  listRoleAssignments: refused('role_not_found', ({ poolId }) => ({ roleId: poolId })),
  assignRole: refused('role_not_found', (place) => ({ roleId: place.poolId, userId: userId(place) })),
  unassignRole: refused('role_not_found', (place) => ({ roleId: place.poolId, userId: userId(place) })),
  listBots: accepted('lists one’s own'),
  createBot: accepted('makes one’s own', () => ({
    ...{ displayName: 'mine', scopes: [], publicKey: DeviceKey.generate().publicKey },
  })),
  updateBot: refused('bot_not_found', (place) => ({ botId: userId(place), state: 'disabled' })),
  removeBot: refused('bot_not_found', (place) => ({ botId: userId(place) })),
  addBotKey: refused('bot_not_found', (place) => ({
    ...{ botId: userId(place), publicKey: DeviceKey.generate().publicKey },
  })),
  retireBotKey: refused('bot_not_found', (place) => ({ botId: userId(place), keyId: place.poolId })),
  setBotAudience: refused('bot_not_found', (place) => ({ botId: userId(place), audience: [] })),
  botToken: refused('bot_refused', () => ({ clientAssertion: 'x.y.z' })),
  createConversation: refused('user_not_found', (place) => ({
    ...{ id: newId<ConversationId>(), kind: 'group', memberIds: [userId(place)] },
  })),
  listConversations: accepted('lists one’s own'),
  readConversation: theirs(),
  updateConversation: theirs(() => ({ title: 'mine' })),
  closeConversation: theirs(),
  muteConversation: theirs(() => ({ until: null })),
  listMembers: theirs(),
  addMembers: theirs(({ mallory }) => ({ userIds: [mallory.id] })),
  removeMember: theirs((place) => ({ userId: userId(place) })),
  changeRole: theirs((place) => ({ userId: userId(place), role: 'reader' })),
  listEntries: theirs(),
  append: theirs(() => ({ id: newId<EntryId>(), kind: 'message', body: { text: 'intruder' } })),
  sync: accepted('says that it is gone', ({ conversationId }) => ({ heads: [[conversationId, 0]] })),
  marks: accepted('changes nothing', ({ conversationId }) => ({ marks: [{ conversationId, read: 1 }] })),
};

/** They cost a password hash each, end the session that asks, or make something under an id that a list shows later. */
export const UNFIT: ReadonlySet<string> = new Set([
  'bootstrap',
  'login',
  'acceptInvitation',
  'changePassword',
  'logout',
  'removeUser',
  'updateUser',
  'createPool',
  'createBot',
  'putRole',
  'setContactPolicy',
  'putRegistrationEntry',
  'createConversation',
  'putEscalationPolicy',
  'putPostureSource',
  'putQualification',
  'putRoster',
  'putAlarmSource',
  'putAlarmTemplate',
  'putOutageKey',
  'putProbe',
]);
