import { z } from 'zod';
import { id, label, timestamp, userId } from '../primitives.js';

export const itemId = id();

/** Something to do in an alarm. */
export const checklistItem = z.strictObject({
  text: label(512),
  assigneeId: userId.optional(),
  /** Minutes after the alarm was raised. */
  dueMinutes: z.int().min(1).max(10_080).optional(),
});
export type ChecklistItem = z.infer<typeof checklistItem>;

export const CHECKLIST_ITEMS = 100;

export const shownItem = z.object({
  id: itemId,
  text: z.string(),
  assigneeId: userId.optional(),
  dueAt: timestamp.optional(),
  addedBy: userId.optional(),
  doneBy: userId.optional(),
  doneAt: timestamp.optional(),
});
export type ShownItem = z.infer<typeof shownItem>;
