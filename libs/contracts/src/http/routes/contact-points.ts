import {
  listContactPoints,
  putContactPoint,
  removeContactPoint,
  sendContactCode,
  verifyContactPoint,
} from '../../alerting/contact-points.js';
import { putContactRules, readContactRules } from '../../alerting/contact-rules.js';
import {
  listPushRegistrations,
  putPushRegistration,
  readPushKey,
  removePushRegistration,
} from '../../alerting/push-registrations.js';
import { route } from '../define-route.js';

const contactPoint = '/v1/contact-points/{contactPointId}';

/** By which ways people are reached: alerting. */
export const CONTACT_POINT_ROUTES = {
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
