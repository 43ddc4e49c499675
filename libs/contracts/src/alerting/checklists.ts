import { z } from 'zod';
import { defineRequest } from '../define.js';
import { alarmId } from './alarms.js';
import { checklistItem, itemId, shownItem } from './checklist-items.js';

/** Adds it at the end, for everybody who was told of the alarm or raised it. The same again changes nothing. */
export const addChecklistItem = defineRequest({
  subject: 'rpc.alerting.checklist.add.v1',
  access: 'user',
  input: z.strictObject({ alarmId, itemId, ...checklistItem.shape }),
  output: shownItem,
  errors: { alarm_not_found: 'not_found', checklist_full: 'conflict', checklist_item_reused: 'conflict' },
});

/** Done, or not done after all; by whom and when is kept. What is done stays with who did it first. */
export const tickChecklistItem = defineRequest({
  subject: 'rpc.alerting.checklist.tick.v1',
  access: 'user',
  input: z.strictObject({ alarmId, itemId, done: z.boolean() }),
  output: shownItem,
  errors: { alarm_not_found: 'not_found', checklist_item_not_found: 'not_found' },
});
