import {
  exportAppPolicy,
  listAppPolicyReports,
  readAppPolicyLayer,
  readEffectiveAppPolicy,
  readMyAppPolicy,
  reportAppPolicy,
  setAppPolicyLayer,
} from '../../auth/app-policy.js';
import {
  deleteContactCell,
  explainContact,
  putContactCell,
  readContactPolicy,
  setContactPolicy,
} from '../../auth/contact-policy.js';
import { readPeopleQuota, setPeopleQuota } from '../../auth/people-quota.js';
import {
  deleteRegistrationEntry,
  listRegistrationEntries,
  putRegistrationEntry,
} from '../../auth/registration-policy.js';
import {
  assignRole,
  deleteRole,
  listRoleAssignments,
  listRoles,
  putRole,
  readMyPermissions,
  unassignRole,
} from '../../auth/roles.js';
import { previewMessageKeeping, readMessageKeeping, setMessageKeeping } from '../../messaging/message-keeping.js';
import { route } from '../define-route.js';

const contactCell = '/v1/contact-policy/cells/{fromPoolId}/{toPoolId}';
const registrationEntry = '/v1/registration-policy/{entryId}';
const appPolicyLayer = '/v1/app-policies/layers/{layer}/{subjectId}';

const messageKeeping = '/v1/message-keeping';

/** Who may do what, meet whom and register: auth. How long messages are kept: messaging. */
export const POLICY_ROUTES = {
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
  readPeopleQuota: route('GET', '/v1/people-quota', 'How many people there may be', readPeopleQuota),
  setPeopleQuota: route('PUT', '/v1/people-quota', 'Say how many people there may be', setPeopleQuota),

  readMessageKeeping: route('GET', messageKeeping, 'How long messages are kept', readMessageKeeping),
  setMessageKeeping: route('PUT', messageKeeping, 'Say how long messages are kept', setMessageKeeping),
  previewMessageKeeping: route(
    'POST',
    `${messageKeeping}/preview`,
    'How many messages a shorter period would end',
    previewMessageKeeping,
  ),

  myPermissions: route('GET', '/v1/me/permissions', 'What I may do, and where', readMyPermissions),
  listRoles: route('GET', '/v1/roles', 'List custom roles', listRoles),
  putRole: route('PUT', '/v1/roles/{id}', 'Make or change a custom role', putRole),
  deleteRole: route('DELETE', '/v1/roles/{roleId}', 'Delete a custom role', deleteRole),
  listRoleAssignments: route('GET', '/v1/roles/{roleId}/users', 'Who has a custom role', listRoleAssignments),
  assignRole: route('PUT', '/v1/roles/{roleId}/users/{userId}', 'Give a custom role to a person', assignRole),
  unassignRole: route('DELETE', '/v1/roles/{roleId}/users/{userId}', 'Take a custom role from a person', unassignRole),
} as const;
