import {
  deleteEscalationPolicy,
  lintEscalationPolicy,
  listEscalationPolicies,
  putEscalationPolicy,
} from '../../alerting/escalation-policies.js';
import {
  deleteQualification,
  deleteQualificationHolder,
  listQualificationHolders,
  listQualifications,
  putQualification,
  putQualificationHolder,
} from '../../alerting/qualifications.js';
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
} from '../../alerting/rosters.js';
import { route } from '../define-route.js';

/** Who is told next, who is on duty and who can do what: alerting. */
export const DUTY_ROUTES = {
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
} as const;
