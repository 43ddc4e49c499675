import { cell } from './escape.js';
import type { Item, WholeReport } from './report-source.js';

const COLUMNS = [
  ...['person', 'userId', 'step', 'cycle', 'path', 'state', 'queuedAt', 'sentAt', 'receivedAt', 'shownAt'],
  ...['attempts', 'problem', 'answer', 'etaMinutes', 'note', 'answeredAt'],
] as const;

/** One line for each telling, with the answer of the person on each; UTC. Begins with a byte order mark, without which spreadsheets guess. */
export async function* reportCsv({ items, nameOf }: Pick<WholeReport, 'items' | 'nameOf'>): AsyncIterable<string> {
  yield `\ufeff${COLUMNS.join(',')}\r\n`;
  for await (const item of items) yield linesOf(item, nameOf(item.userId));
}

const linesOf = ({ userId, told, answer, etaMinutes, note, answeredAt }: Item, name: string): string =>
  (told.length > 0 ? told : [undefined])
    .map((one) => [
      ...[name, userId, one?.step, one?.cycle, one?.path, one?.state],
      ...[one?.queuedAt, one?.sentAt, one?.receivedAt, one?.shownAt, one?.attempts, one?.problem],
      ...[answer, etaMinutes, note, answeredAt],
    ])
    .map((cells) => `${cells.map(cell).join(',')}\r\n`)
    .join('');
