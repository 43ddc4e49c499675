import { putAlarmSettings, readAlarmSettings } from '../../alerting/alarm-settings.js';
import {
  deleteAlarmSource,
  listAlarmDeliveries,
  listAlarmSources,
  putAlarmSource,
  rotateAlarmSourceSecret,
  tryAlarmSource,
} from '../../alerting/alarm-sources.js';
import { route } from '../define-route.js';

/** How an organization alarms, and from where alarms come: alerting. */
export const ALARM_SOURCE_ROUTES = {
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
} as const;
