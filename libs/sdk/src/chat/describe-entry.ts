import type { AlarmBody, Entry } from '@relais/contracts';
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
    case 'alarm':
      return describeAlarm(entry.body);
  }
}

function describeAlarm({ happened, title, answers }: AlarmBody): string {
  const what = title === undefined ? '' : `: ${printable(title)}`;
  const counts = answers ? ` (${answers.accepted} coming, ${answers.declined} not coming)` : '';
  return `(alarm ${happened.replace('_', '-')}${what}${counts})`;
}
