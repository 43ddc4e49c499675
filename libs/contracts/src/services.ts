import * as alarmSettings from './alerting/alarm-settings.js';
import * as alarmTemplates from './alerting/alarm-templates.js';
import * as alarmSources from './alerting/alarm-sources.js';
import * as alarms from './alerting/alarms.js';
import * as checklists from './alerting/checklists.js';
import * as contactPoints from './alerting/contact-points.js';
import * as contactRules from './alerting/contact-rules.js';
import * as deliveryReports from './alerting/delivery-reports.js';
import * as escalationPolicies from './alerting/escalation-policies.js';
import * as drills from './alerting/drills.js';
import * as probes from './alerting/probes.js';
import * as alertingFacts from './alerting/facts.js';
import * as qualifications from './alerting/qualifications.js';
import * as outages from './alerting/outages.js';
import * as watch from './alerting/watch.js';
import * as rosters from './alerting/rosters.js';
import * as pushRegistrations from './alerting/push-registrations.js';
import * as addresses from './auth/addresses.js';
import * as audience from './auth/audience.js';
import * as appPolicy from './auth/app-policy.js';
import * as bots from './auth/bots.js';
import * as authenticationPolicy from './auth/authentication-policy.js';
import * as breakGlass from './auth/break-glass.js';
import * as contactPolicy from './auth/contact-policy.js';
import * as devices from './auth/devices.js';
import * as directories from './auth/directories.js';
import * as enrolments from './auth/enrolments.js';
import * as factors from './auth/factors.js';
import * as facts from './auth/facts.js';
import * as identityProviders from './auth/identity-providers.js';
import * as invitations from './auth/invitations.js';
import * as notices from './auth/notices.js';
import * as outage from './auth/outage-mode.js';
import * as pools from './auth/pools.js';
import * as posture from './auth/posture.js';
import * as peopleImport from './auth/people-import.js';
import * as peopleQuota from './auth/people-quota.js';
import * as provisioning from './auth/provisioning.js';
import * as registrationPolicy from './auth/registration-policy.js';
import * as remoteLock from './auth/remote-lock.js';
import * as resets from './auth/resets.js';
import * as roles from './auth/roles.js';
import * as sessions from './auth/sessions.js';
import * as trust from './auth/trust.js';
import * as users from './auth/users.js';
import type { EventContract, RequestContract, SignalContract, SurveyContract } from './define.js';
import * as conversations from './messaging/conversations.js';
import * as entries from './messaging/entries.js';
import * as messagingFacts from './messaging/facts.js';
import * as messageKeeping from './messaging/message-keeping.js';
import * as rooms from './messaging/rooms.js';
import * as places from './presence/places.js';
import { gatewayAnnounced } from './realtime/fleet.js';
import { findOnlineDevices } from './realtime/online.js';

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isRequest = (value: unknown): value is RequestContract =>
  isObject(value) && 'subject' in value && String(value.subject).startsWith('rpc.');
const isEvent = (value: unknown): value is EventContract =>
  isObject(value) && 'subject' in value && String(value.subject).startsWith('evt.');

const declared: unknown[] = [
  alarmSettings,
  alarmSources,
  alarms,
  alarmTemplates,
  checklists,
  outages,
  watch,
  deliveryReports,
  escalationPolicies,
  probes,
  drills,
  alertingFacts,
  qualifications,
  rosters,
  contactPoints,
  contactRules,
  pushRegistrations,
  addresses,
  audience,
  appPolicy,
  authenticationPolicy,
  breakGlass,
  contactPolicy,
  devices,
  directories,
  enrolments,
  factors,
  bots,
  facts,
  identityProviders,
  invitations,
  notices,
  outage,
  pools,
  posture,
  peopleImport,
  peopleQuota,
  provisioning,
  registrationPolicy,
  remoteLock,
  resets,
  roles,
  sessions,
  trust,
  users,
  conversations,
  entries,
  messagingFacts,
  messageKeeping,
  rooms,
].flatMap((module) => Object.values(module));

/** Every request, event and signal there is. */
export const REQUESTS: readonly RequestContract[] = declared.filter(isRequest);
export const EVENTS: readonly EventContract[] = declared.filter(isEvent);
export const SIGNALS: readonly SignalContract[] = [trust.revoked, trust.revokedDated, gatewayAnnounced];
export const SURVEYS: readonly SurveyContract[] = [findOnlineDevices];

export type ServiceName = 'gateway' | 'auth' | 'messaging' | 'alerting' | 'operator';

interface ServiceLinks {
  /** Requests this service sends to others. */
  calls: readonly RequestContract[];
  /** Durable events it publishes and consumes. */
  emits: readonly EventContract[];
  consumes: readonly EventContract[];
  signals: readonly SignalContract[];
  hears: readonly SignalContract[];
  /** What it asks all replicas of another service. */
  surveys?: readonly SurveyContract[];
  live: 'publishes' | 'both' | 'none';
}

const trustRequests = [trust.readKeys, trust.listRevocations];

/** Who talks to whom: the NATS permissions of each service, and the picture in docs, are made of this table. */
export const SERVICES: Readonly<Record<ServiceName, ServiceLinks>> = {
  gateway: {
    calls: REQUESTS,
    emits: [],
    consumes: [],
    signals: [gatewayAnnounced],
    hears: [trust.revoked, trust.revokedDated, gatewayAnnounced],
    live: 'both',
  },
  auth: {
    calls: [],
    emits: [
      users.userRemoved,
      users.deviceLeft,
      contactPolicy.contactsChanged,
      facts.factRecorded,
      notices.securityNoticeRaised,
      breakGlass.breakGlassUsed,
      outage.outageModeChanged,
    ],
    consumes: [notices.securityNoticeRaised],
    signals: [trust.revoked, trust.revokedDated],
    hears: [trust.revoked],
    live: 'publishes',
  },
  messaging: {
    calls: [...trustRequests, contactPolicy.checkContacts, contactPolicy.classifyContacts, roles.readMyPermissions],
    emits: [entries.entriesAppended, messagingFacts.messagingFactRecorded],
    consumes: [users.userRemoved, contactPolicy.contactsChanged],
    signals: [],
    hears: [trust.revoked, trust.revokedDated],
    live: 'publishes',
  },
  alerting: {
    calls: [
      ...trustRequests,
      audience.expandAudience,
      addresses.listAddresses,
      roles.readMyPermissions,
      pools.readPoolsOf,
      pools.listPoolIds,
      rooms.keepRoom,
      places.findPeopleNear,
      entries.listListeners,
      outage.switchOutageMode,
      outage.describeOutageMode,
    ],
    emits: [alertingFacts.alertingFactRecorded],
    consumes: [
      outage.outageModeChanged,
      breakGlass.breakGlassUsed,
      users.userRemoved,
      users.deviceLeft,
      entries.entriesAppended,
    ],
    signals: [],
    hears: [trust.revoked, trust.revokedDated],
    surveys: [findOnlineDevices],
    live: 'publishes',
  },
  operator: {
    calls: [],
    emits: [],
    consumes: [alertingFacts.alertingFactRecorded, outage.outageModeChanged],
    signals: [],
    hears: [],
    live: 'none',
  },
};

/** The service that answers a request: the second token of its subject. */
export const serviceOf = (contract: { subject: string }): ServiceName => contract.subject.split('.')[1] as ServiceName;
