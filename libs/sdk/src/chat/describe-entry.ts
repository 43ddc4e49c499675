import type { Entry } from '@relais/contracts';
import { printable } from './printable.js';

/** One entry as a line of text, without time and name. */
export function describeEntry(entry: Entry): string {
  switch (entry.kind) {
    case 'message':
      return entry.body ? printable(entry.body.text) : '(message gone)';
    case 'edit':
      return entry.body ? `(edited) ${printable(entry.body.text)}` : '(edit gone)';
    case 'deletion':
      return '(deleted a message)';
    case 'reaction':
      return `(${entry.body.removed ? 'took back' : 'reacted'} ${printable(entry.body.emoji)})`;
    case 'membership':
      return `(members ${entry.body.change}: ${entry.body.userIds.length})`;
    case 'settings':
      return entry.body.title === undefined ? '(changed the settings)' : `(title: ${printable(entry.body.title)})`;
    case 'closed':
      return '(closed the conversation)';
  }
}
