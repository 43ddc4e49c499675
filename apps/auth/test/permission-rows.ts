import { randomInt } from 'node:crypto';
import type { ActionName, Permission, ROUTES } from '@relais/contracts';
import type { BotKeyId, DeviceId, InvitationId, OrganizationId, PoolId, RoleId, UserId } from '@relais/kernel';
import { newId } from '@relais/kernel';
import { aKey } from './bot.js';
import { aDevice, aPerson } from './person.js';

export type RouteName = keyof typeof ROUTES;

/** Who asks, in the order of the columns of `expects`. */
export const CALLERS = [
  'somebody without a token',
  'a member',
  'an administrator',
  'an owner',
  'a member with exactly that permission',
  'a delegate for the pool of the target',
  'a delegate for another pool',
  'a bot without scopes',
] as const;
export type Caller = (typeof CALLERS)[number];

/** `+` let in, whatever comes of it; `T` no token; `F` forbidden; `S` no scope. */
export const MEANING = { '+': 'let in', T: 'token_missing', F: 'forbidden', S: 'scope_missing' } as const;

/** What a row may ask for, made anew for each call. */
export interface Place {
  organizationId: OrganizationId;
  handle: string;
  /** The pool of the target. */
  pool: PoolId;
  /** Who asks; for somebody without a token, the owner. */
  caller: UserId;
  /** A person who is in `pool` and in no other, with a device. */
  target(): Promise<{ userId: UserId; deviceId: DeviceId }>;
  /** One into `pool`, that nobody has used. */
  invitation(): Promise<InvitationId>;
  /** A custom role of `manage_roles` alone. */
  role(): Promise<RoleId>;
  bot(): Promise<{ botId: UserId; keyId: BotKeyId }>;
  /** Puts a line into the table of pools, from and to the pool. */
  cell(): Promise<void>;
  registrationEntry(): Promise<string>;
  /** A domain whose people may register. */
  allowedDomain(): Promise<string>;
  /** The id of a directory that cannot be reached. */
  directory(): Promise<string>;
  /** The id of an identity provider that cannot be reached. */
  identityProvider(): Promise<string>;
  /** Of the factors of a target, asked for by an administrator who is none of the callers. */
  factorReset(): Promise<string>;
  /** For the device of a target. */
  enrolment(): Promise<string>;
  postureSource(): Promise<string>;
  provisioningClient(): Promise<string>;
  /** The id of a break-glass credential of somebody. */
  breakGlass(): Promise<string>;
  /** A session of the caller that is not the one that asks. */
  session(): Promise<{ sessionId: string; deviceId: DeviceId }>;
}

interface Row {
  /** One letter per caller. */
  expects: string;
  /** What the callers of columns 5 to 7 have. */
  needs?: Permission;
  input?(place: Place): object | Promise<object>;
  /**
   * Of requests that change something: the fact the owner's call leaves. Where this table cannot make the call succeed,
   * `shownIn` is the spec that does and looks at the fact.
   */
  leaves?: ActionName | { nothing: string };
  shownIn?: string;
  /** Whether the caller must have shown lately who they are; or only for what this asks. */
  stepUp?: true | ((place: Place) => object | Promise<object>);
}

const row = (expects: string, more: Omit<Row, 'expects'> = {}): Row => ({ expects, ...more });

/** Anybody, without a token. */
const open = (more: Omit<Row, 'expects'>) => row('+ + + + + + + +', more);
/** Everybody for themselves; no bot. */
const own = (more: Omit<Row, 'expects'> = {}) => row('T + + + + + + S', more);
/** The permission is needed everywhere. */
const everywhere = (needs: Permission, more: Omit<Row, 'expects' | 'needs'> = {}) =>
  row('T F + + + F F S', { needs, ...more });
/** A delegation is enough for what is inside of it. */
const delegated = (needs: Permission, more: Omit<Row, 'expects' | 'needs'>) =>
  row('T F + + + + F S', { needs, ...more });
/** A list that shows a delegate their part. */
const partly = (needs: Permission, more: Omit<Row, 'expects' | 'needs'> = {}) =>
  row('T F + + + + + S', { needs, ...more });
/** Decided by messaging: see its tests and load-tests/src/system/tenant-cases.ts. */
const messaging = null;
/** Decided by alerting: see its tests and load-tests/src/system/alarms.contract.ts. */
const alerting = null;

export const providerSettings = {
  ...{ name: 'x', issuer: 'https://127.0.0.1:1/', clientId: 'relais' },
  redirectUris: ['https://app.example/back'],
};
const proof = ({ organizationId }: Place) => ({ organizationId, deviceId: newId<DeviceId>(), proof: 'x' });

/** What every operation answers to whom. A new one without a row does not compile. */
export const ROWS: Record<RouteName, Row | null> = {
  bootstrap: open({
    input: () => ({
      ...{ bootstrapToken: 'x'.repeat(43), organization: { handle: 'nobody', name: 'Nobody' } },
      ...{ owner: aPerson(), device: aDevice().device },
    }),
    leaves: 'organization.made',
    shownIn: 'facts',
  }),
  login: open({
    input: ({ handle }) => ({
      ...{ organization: handle, email: 'nobody@example.org', password: 'x' },
      device: aDevice().device,
    }),
    leaves: 'session.opened',
    shownIn: 'facts',
  }),
  refresh: open({
    input: () => ({ refreshToken: 'x', proof: 'x' }),
    leaves: { nothing: 'it exchanges tokens and gives nobody anything; reuse is a fact' },
  }),
  listSessions: own(),
  logout: own({
    input: async ({ session }) => ({ sessionId: (await session()).sessionId }),
    leaves: 'session.closed',
  }),
  closeSession: own({
    input: async ({ session }) => ({ sessionId: (await session()).sessionId }),
    leaves: 'session.closed',
  }),
  changePassword: own({
    input: () => ({ currentPassword: 'x', newPassword: 'x' }),
    leaves: 'password.changed',
    shownIn: 'facts',
  }),
  invite: delegated('invite', {
    stepUp: ({ pool }) => ({ poolIds: [pool], role: 'admin' }),
    input: ({ pool }) => ({ poolIds: [pool] }),
    leaves: 'invitation.made',
  }),
  listInvitations: partly('invite'),
  revokeInvitation: delegated('invite', {
    input: async ({ invitation }) => ({ invitationId: await invitation() }),
    leaves: 'invitation.withdrawn',
  }),
  acceptInvitation: open({
    input: () => ({ invitationToken: 'x', ...aPerson(), device: aDevice().device }),
    leaves: 'invitation.accepted',
    shownIn: 'facts',
  }),

  me: own(),
  listSecurityNotices: own(),
  listDevices: own(),
  removeDevice: own({
    input: async ({ session }) => ({ deviceId: (await session()).deviceId }),
    leaves: 'device.removed',
  }),
  listUsers: own(),
  updateUser: delegated('manage_users', {
    stepUp: async ({ target }) => ({ userId: (await target()).userId, role: 'admin' }),
    input: async ({ target }) => ({ userId: (await target()).userId, state: 'disabled' }),
    leaves: 'user.disabled',
  }),
  removeUser: delegated('manage_users', {
    stepUp: true,
    input: async ({ target }) => ({ userId: (await target()).userId }),
    leaves: 'user.removed',
  }),
  listPools: partly('manage_pools'),
  createPool: everywhere('manage_pools', {
    input: () => ({ id: newId<PoolId>(), name: 'x' }),
    leaves: 'pool.made',
  }),
  renamePool: delegated('manage_pools', {
    input: ({ pool }) => ({ poolId: pool, name: 'x' }),
    leaves: 'pool.renamed',
  }),
  addPoolUser: delegated('manage_pools', {
    input: async ({ pool, target }) => ({ poolId: pool, userId: (await target()).userId }),
    leaves: 'pool.user-added',
  }),
  removePoolUser: delegated('manage_pools', {
    input: async ({ pool, target }) => ({ poolId: pool, userId: (await target()).userId }),
    leaves: 'pool.user-removed',
    shownIn: 'facts',
  }),

  beginPasskeyLogin: open({
    input: ({ handle }) => ({ organization: handle, device: aDevice().device }),
    leaves: { nothing: 'an unfinished login is none' },
  }),
  finishLogin: open({
    input: () => ({ loginToken: 'x', shown: { kind: 'recovery_code', code: 'x' } }),
    leaves: 'session.opened',
    shownIn: 'facts',
  }),
  beginStepUp: own({ leaves: { nothing: 'an unfinished login is none' } }),
  listFactors: own(),
  listFactorsOf: delegated('manage_users', { input: async ({ target }) => ({ userId: (await target()).userId }) }),
  beginTotp: own({
    stepUp: true,
    input: () => ({ name: 'x' }),
    leaves: { nothing: 'a factor counts when it is confirmed' },
  }),
  confirmTotp: own({
    input: () => ({ factorId: newId(), code: '000000' }),
    leaves: 'factor.added',
    shownIn: 'facts',
  }),
  beginPasskey: own({ stepUp: true, leaves: { nothing: 'a factor counts when it is confirmed' } }),
  confirmPasskey: own({
    input: () => ({ registrationToken: 'x', name: 'x', attestation: {} }),
    leaves: 'factor.added',
    shownIn: 'facts',
  }),
  renewRecoveryCodes: own({ stepUp: true, leaves: 'recovery-codes.renewed' }),
  removeFactor: delegated('manage_users', {
    stepUp: true,
    input: async ({ target }) => ({ userId: (await target()).userId, factorId: newId() }),
    leaves: 'factor.removed',
    shownIn: 'facts',
  }),
  startPasswordReset: delegated('manage_users', {
    stepUp: true,
    input: async ({ target }) => ({ userId: (await target()).userId }),
    leaves: 'password-reset.started',
  }),
  completePasswordReset: open({
    input: () => ({ resetToken: 'x', newPassword: 'x' }),
    leaves: 'password.reset',
    shownIn: 'resets',
  }),
  requestFactorReset: delegated('manage_users', {
    stepUp: true,
    input: async ({ target }) => ({ userId: (await target()).userId }),
    leaves: 'factor-reset.requested',
  }),
  listFactorResets: own(),
  approveFactorReset: delegated('manage_users', {
    stepUp: true,
    input: async ({ factorReset }) => ({ resetId: await factorReset() }),
    leaves: 'factor-reset.approved',
  }),
  rejectFactorReset: delegated('manage_users', {
    input: async ({ factorReset }) => ({ resetId: await factorReset() }),
    leaves: 'factor-reset.rejected',
  }),
  readAuthenticationPolicy: everywhere('manage_policies', {
    input: ({ organizationId }) => ({ subjectId: organizationId }),
  }),
  setAuthenticationPolicy: everywhere('manage_policies', {
    stepUp: true,
    input: ({ organizationId }) => ({ subjectId: organizationId, policy: {} }),
    leaves: 'authentication-policy.changed',
  }),

  listOrganizationDevices: everywhere('manage_devices'),
  setDeviceState: delegated('manage_devices', {
    stepUp: async ({ target }) => ({ ...(await target()), state: 'active' }),
    input: async ({ target }) => ({ ...(await target()), state: 'suspended' }),
    leaves: 'device.state-changed',
  }),
  orderWipe: delegated('wipe_devices', { stepUp: true, input: ({ target }) => target(), leaves: 'wipe.ordered' }),
  cancelWipe: delegated('wipe_devices', {
    stepUp: true,
    input: ({ target }) => target(),
    leaves: 'wipe.cancelled',
    shownIn: 'facts',
  }),
  listWipes: everywhere('manage_devices'),
  fetchWipeOrder: open({ input: proof, leaves: 'wipe.delivered', shownIn: 'facts' }),
  confirmWipe: open({ input: proof, leaves: 'device.state-changed', shownIn: 'facts' }),

  readMyAppPolicy: own(),
  reportAppPolicy: own({
    input: () => ({
      version: 'x',
      app: { version: '1.0.0', platform: 'android', osVersion: '14', isRooted: false },
    }),
    leaves: 'app-policy.violated',
    shownIn: 'app-policy',
  }),
  readAppPolicyLayer: everywhere('manage_policies', {
    input: ({ organizationId }) => ({ layer: 'organization', subjectId: organizationId }),
  }),
  setAppPolicyLayer: everywhere('manage_policies', {
    stepUp: true,
    input: ({ organizationId }) => ({ layer: 'organization', subjectId: organizationId, settings: {} }),
    leaves: 'app-policy.changed',
  }),
  readEffectiveAppPolicy: everywhere('manage_policies', {
    input: async ({ target }) => ({ userId: (await target()).userId }),
  }),
  listAppPolicyReports: everywhere('manage_devices'),
  exportAppPolicy: everywhere('manage_policies', {
    input: () => ({ format: 'ios_plist', appId: 'example.relais.app' }),
  }),

  readContactPolicy: everywhere('manage_policies'),
  setContactPolicy: everywhere('manage_policies', {
    stepUp: true,
    input: () => ({ mode: 'open' }),
    leaves: 'contact-policy.changed',
    shownIn: 'facts',
  }),
  putContactCell: everywhere('manage_policies', {
    stepUp: true,
    input: ({ pool }) => ({ fromPoolId: pool, toPoolId: pool, see: true, message: true, alarm: false }),
    leaves: 'contact-policy.cell-set',
  }),
  deleteContactCell: everywhere('manage_policies', {
    stepUp: true,
    input: async ({ pool, cell }) => {
      await cell();
      return { fromPoolId: pool, toPoolId: pool };
    },
    leaves: 'contact-policy.cell-removed',
  }),
  explainContact: delegated('see_details', {
    input: async ({ target }) => ({ from: (await target()).userId, to: (await target()).userId }),
  }),
  readPeopleQuota: everywhere('manage_policies'),
  setPeopleQuota: everywhere('manage_policies', {
    stepUp: true,
    input: () => ({ maxPeople: randomInt(10_000, 10_000_000) }),
    leaves: 'people-quota.changed',
  }),
  listRegistrationEntries: everywhere('manage_policies'),
  putRegistrationEntry: everywhere('manage_policies', {
    stepUp: true,
    input: () => ({ id: newId(), entry: { kind: 'domain', value: `d${newId()}.example` } }),
    leaves: 'registration-entry.added',
  }),
  deleteRegistrationEntry: everywhere('manage_policies', {
    stepUp: true,
    input: async ({ registrationEntry }) => ({ entryId: await registrationEntry() }),
    leaves: 'registration-entry.removed',
  }),

  activateRemoteLock: own({ leaves: 'remote-lock.activated', shownIn: 'remote-lock' }),
  deactivateRemoteLock: own({ leaves: 'remote-lock.deactivated', shownIn: 'remote-lock' }),
  fetchRemoteSecret: open({
    input: () => ({ fetchToken: 'x', deviceId: newId(), proof: 'x' }),
    leaves: { nothing: 'every start of an app asks; what was refused is a fact' },
  }),
  lockDevice: delegated('manage_devices', {
    input: ({ target }) => target(),
    leaves: 'device.locked',
    shownIn: 'remote-lock',
  }),
  unlockDevice: delegated('manage_devices', {
    input: ({ target }) => target(),
    leaves: 'device.unlocked',
    shownIn: 'remote-lock',
  }),
  createEnrolment: delegated('manage_devices', {
    stepUp: true,
    input: async ({ target }) => ({
      ...{ for: { kind: 'person', userId: (await target()).userId }, serverUrl: 'https://relais.example' },
    }),
    leaves: 'enrolment.made',
  }),
  listEnrolments: everywhere('manage_devices'),
  revokeEnrolment: delegated('manage_devices', {
    input: async ({ enrolment }) => ({ enrolmentId: await enrolment() }),
    leaves: 'enrolment.withdrawn',
  }),
  enrolDevice: open({
    input: () => ({ enrolmentToken: 'x', device: aDevice().device, proof: 'x' }),
    leaves: 'enrolment.redeemed',
    shownIn: 'enrolments',
  }),

  listPostureSources: everywhere('manage_devices'),
  putPostureSource: everywhere('manage_devices', {
    stepUp: true,
    input: () => ({ sourceId: newId(), settings: { kind: 'json', name: 'x' } }),
    leaves: 'posture-source.put',
  }),
  deletePostureSource: everywhere('manage_devices', {
    stepUp: true,
    input: async ({ postureSource }) => ({ sourceId: await postureSource() }),
    leaves: 'posture-source.deleted',
  }),

  importPeople: everywhere('manage_directories', {
    stepUp: true,
    input: async ({ allowedDomain }) => ({
      csv: `email,name\n${newId()}@${await allowedDomain()},Cora`,
      dryRun: false,
    }),
    leaves: 'user.provisioned',
  }),

  listProvisioningClients: everywhere('manage_directories'),
  createProvisioningClient: everywhere('manage_directories', {
    stepUp: true,
    input: () => ({ clientId: newId(), settings: { name: 'x' } }),
    leaves: 'provisioning-client.made',
  }),
  rotateProvisioningSecret: everywhere('manage_directories', {
    stepUp: true,
    input: async ({ provisioningClient }) => ({ clientId: await provisioningClient() }),
    leaves: 'provisioning-client.secret-rotated',
  }),
  releaseProvisioningBrake: everywhere('manage_directories', {
    stepUp: true,
    input: async ({ provisioningClient }) => ({ clientId: await provisioningClient() }),
    leaves: 'provisioning-client.released',
  }),
  deleteProvisioningClient: everywhere('manage_directories', {
    stepUp: true,
    input: async ({ provisioningClient }) => ({ clientId: await provisioningClient() }),
    leaves: 'provisioning-client.deleted',
  }),

  listDirectories: everywhere('manage_directories'),
  putDirectory: everywhere('manage_directories', {
    stepUp: true,
    input: () => ({
      directoryId: newId(),
      settings: { name: 'x', urls: ['ldaps://127.0.0.1:1'], people: { base: 'dc=example' } },
    }),
    leaves: 'directory.put',
  }),
  deleteDirectory: everywhere('manage_directories', {
    stepUp: true,
    input: async ({ directory }) => ({ directoryId: await directory() }),
    leaves: 'directory.deleted',
  }),
  testDirectory: everywhere('manage_directories', {
    input: () => ({ directoryId: newId() }),
    leaves: { nothing: 'it changes nothing' },
  }),
  startDirectoryRun: everywhere('manage_directories', {
    input: async ({ directory }) => ({ directoryId: await directory() }),
    leaves: 'directory-run.started',
  }),
  listDirectoryRuns: everywhere('manage_directories', { input: () => ({ directoryId: newId() }) }),
  readDirectoryRun: everywhere('manage_directories', { input: () => ({ runId: newId() }) }),
  listDirectoryChanges: everywhere('manage_directories', { input: () => ({ runId: newId() }) }),
  approveDirectoryRun: everywhere('manage_directories', {
    stepUp: true,
    input: () => ({ runId: newId() }),
    leaves: 'directory-run.approved',
    shownIn: 'directory/plan',
  }),
  undoDirectoryRun: everywhere('manage_directories', {
    stepUp: true,
    input: () => ({ runId: newId() }),
    leaves: 'directory-run.undone',
    shownIn: 'directory/plan',
  }),

  listIdentityProviders: everywhere('manage_identity_providers'),
  putIdentityProvider: everywhere('manage_identity_providers', {
    stepUp: true,
    input: () => ({ providerId: newId(), settings: providerSettings }),
    leaves: 'identity-provider.put',
  }),
  deleteIdentityProvider: everywhere('manage_identity_providers', {
    stepUp: true,
    input: async ({ identityProvider }) => ({ providerId: await identityProvider() }),
    leaves: 'identity-provider.deleted',
  }),
  testIdentityProvider: everywhere('manage_identity_providers', {
    input: () => ({ providerId: newId() }),
    leaves: { nothing: 'it changes nothing' },
  }),
  listLoginMethods: open({ input: ({ handle }) => ({ organization: handle }) }),
  beginOidcLogin: open({
    input: ({ handle }) => ({
      ...{ organization: handle, providerId: newId(), redirectUri: 'https://app.example/back' },
      device: aDevice().device,
    }),
    leaves: { nothing: 'an unfinished login is none' },
  }),
  finishOidcLogin: open({
    input: () => ({ loginToken: 'x', callbackUrl: 'https://app.example/back?code=x' }),
    leaves: 'session.opened',
    shownIn: 'oidc',
  }),

  readOutageMode: own(),
  setOutageMode: everywhere('manage_break_glass', {
    stepUp: true,
    input: () => ({ on: true, reason: 'x' }),
    leaves: 'outage-mode.changed',
  }),
  releaseOutageMode: everywhere('manage_break_glass', {
    stepUp: true,
    leaves: 'outage-mode.released',
    shownIn: 'outage-mode',
  }),
  signedOutageSwitch: open({
    input: ({ handle }) => ({ organization: handle, keyId: newId(), command: 'x' }),
    leaves: 'outage-mode.changed',
    shownIn: 'outage-mode',
  }),
  listOutageKeys: everywhere('manage_break_glass'),
  putOutageKey: everywhere('manage_break_glass', {
    stepUp: true,
    input: () => ({ keyId: newId(), publicKey: 'x'.repeat(43), label: 'safe', validDays: 1 }),
    leaves: 'outage-key.issued',
  }),
  deleteOutageKey: everywhere('manage_break_glass', {
    input: () => ({ keyId: newId() }),
    leaves: 'outage-key.deleted',
    shownIn: 'outage-mode',
  }),
  listBreakGlass: everywhere('manage_break_glass'),
  issueBreakGlass: delegated('manage_break_glass', {
    stepUp: true,
    input: async ({ target }) => ({ ...(await target()), validDays: 1 }),
    leaves: 'break-glass.issued',
  }),
  revokeBreakGlass: everywhere('manage_break_glass', {
    input: async ({ breakGlass }) => ({ credentialId: await breakGlass() }),
    leaves: 'break-glass.revoked',
  }),
  breakGlassLogin: open({
    input: ({ handle }) => ({ organization: handle, deviceId: newId<DeviceId>(), secret: 'x', proof: 'x' }),
    leaves: 'break-glass.used',
    shownIn: 'break-glass',
  }),

  myPermissions: own(),
  listRoles: partly('manage_roles'),
  putRole: everywhere('manage_roles', {
    stepUp: true,
    input: () => ({ id: newId<RoleId>(), name: 'x', permissions: ['manage_roles'] }),
    leaves: 'role.made',
  }),
  deleteRole: everywhere('manage_roles', {
    stepUp: true,
    input: async ({ role }) => ({ roleId: await role() }),
    leaves: 'role.deleted',
  }),
  listRoleAssignments: partly('manage_roles', { input: async ({ role }) => ({ roleId: await role() }) }),
  assignRole: delegated('manage_roles', {
    stepUp: true,
    input: async ({ role, target, pool }) => ({
      ...{ roleId: await role(), userId: (await target()).userId, poolId: pool },
    }),
    leaves: 'role.assigned',
  }),
  unassignRole: delegated('manage_roles', {
    stepUp: true,
    input: async ({ role, target, pool }) => ({
      ...{ roleId: await role(), userId: (await target()).userId, poolId: pool },
    }),
    leaves: 'role.unassigned',
    shownIn: 'facts',
  }),

  listBots: everywhere('manage_bots'),
  createBot: everywhere('manage_bots', {
    stepUp: true,
    input: () => ({ displayName: 'x', scopes: [], publicKey: aKey().publicKey }),
    leaves: 'bot.made',
  }),
  updateBot: everywhere('manage_bots', {
    stepUp: async ({ bot }) => ({ botId: (await bot()).botId, scopes: ['people:read'] }),
    input: async ({ bot }) => ({ botId: (await bot()).botId, displayName: 'x' }),
    leaves: 'bot.changed',
  }),
  removeBot: everywhere('manage_bots', {
    input: async ({ bot }) => ({ botId: (await bot()).botId }),
    leaves: 'bot.removed',
  }),
  addBotKey: everywhere('manage_bots', {
    stepUp: true,
    input: async ({ bot }) => ({ botId: (await bot()).botId, publicKey: aKey().publicKey }),
    leaves: 'bot.key-added',
  }),
  retireBotKey: everywhere('manage_bots', { input: ({ bot }) => bot(), leaves: 'bot.key-retired' }),
  setBotAudience: everywhere('manage_bots', {
    stepUp: true,
    input: async ({ bot, pool }) => ({ botId: (await bot()).botId, audience: [{ poolId: pool }] }),
    leaves: 'bot.granted',
  }),
  botToken: open({ input: () => ({ clientAssertion: 'x' }), leaves: 'bot.signed-in', shownIn: 'bots' }),

  createConversation: messaging,
  listConversations: messaging,
  readConversation: messaging,
  updateConversation: messaging,
  closeConversation: messaging,
  muteConversation: messaging,
  listMembers: messaging,
  addMembers: messaging,
  removeMember: messaging,
  changeRole: messaging,
  listEntries: messaging,
  append: messaging,
  sync: messaging,
  marks: messaging,
  readMessageKeeping: messaging,
  setMessageKeeping: messaging,
  previewMessageKeeping: messaging,

  raiseAlarm: alerting,
  listAlarms: alerting,
  readAlarm: alerting,
  approveAlarm: alerting,
  answerAlarm: alerting,
  updateAlarm: alerting,
  endAlarm: alerting,
  markAlarms: alerting,
  readAlarmReport: alerting,
  startDrill: alerting,
  listDrills: alerting,
  readDrill: alerting,
  raiseProbe: alerting,
  readAlarmSettings: alerting,
  putAlarmSettings: alerting,
  listAlarmSources: alerting,
  putAlarmSource: alerting,
  deleteAlarmSource: alerting,
  rotateAlarmSourceSecret: alerting,
  tryAlarmSource: alerting,
  listAlarmDeliveries: alerting,
  listEscalationPolicies: alerting,
  putEscalationPolicy: alerting,
  readPushKey: alerting,
  listPushRegistrations: alerting,
  putPushRegistration: alerting,
  removePushRegistration: alerting,
  listContactPoints: alerting,
  putContactPoint: alerting,
  removeContactPoint: alerting,
  sendContactCode: alerting,
  verifyContactPoint: alerting,
  readContactRules: alerting,
  putContactRules: alerting,
  lintEscalationPolicy: alerting,
  deleteEscalationPolicy: alerting,
  listRosters: alerting,
  putRoster: alerting,
  readRoster: alerting,
  deleteRoster: alerting,
  previewRoster: alerting,
  putDutyOverride: alerting,
  deleteDutyOverride: alerting,
  listQualifications: alerting,
  putQualification: alerting,
  deleteQualification: alerting,
  listQualificationHolders: alerting,
  putQualificationHolder: alerting,
  deleteQualificationHolder: alerting,
  listMyDuties: alerting,
  confirmHandOver: alerting,
  addChecklistItem: alerting,
  tickChecklistItem: alerting,
  raiseFromTemplate: alerting,
  listAlarmTemplates: alerting,
  putAlarmTemplate: alerting,
  deleteAlarmTemplate: alerting,
  readWatch: alerting,
  putWatchSettings: alerting,
  putProbe: alerting,
  deleteProbe: alerting,
  tryProbe: alerting,
  listProbeResults: alerting,
  readCrisisPlan: alerting,
  putCrisisPlan: alerting,
  readCrisisRooms: alerting,
  listOutages: alerting,
  readOutageReport: alerting,
};
