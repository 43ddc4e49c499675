import { fact } from '../auth/facts.js';
import { defineEvent } from '../define.js';

/** Every action that messaging records a fact of. */
export const MESSAGING_ACTIONS = {
  'message-keeping.changed':
    'How long what is said is kept, or how long one of its keys is used, was said anew: before and after',
  'data-keys.destroyed':
    'Nothing is kept any more that keys sealed whose period had ended by a day: they are destroyed, how many. Recorded before',
} as const satisfies Record<string, string>;
export type MessagingAction = keyof typeof MESSAGING_ACTIONS;

/** What was done with messages as a whole: see the facts of auth. */
export const messagingFactRecorded = defineEvent({ subject: 'evt.messaging.fact.recorded.v1', data: fact });
