import {
  deleteAlarmTemplate,
  listAlarmTemplates,
  putAlarmTemplate,
  raiseFromTemplate,
} from '../../alerting/alarm-templates.js';
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
} from '../../alerting/alarms.js';
import { addChecklistItem, tickChecklistItem } from '../../alerting/checklists.js';
import { route } from '../define-route.js';

/** Alarms, from raising to report: alerting. */
export const ALARM_ROUTES = {
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
} as const;
