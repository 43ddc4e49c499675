import { IMPORT_LINES, type ImportedLine, ROUTES } from '@relais/contracts';
import type { RelaisSession } from '../session/relais-session.js';

/** A part of a list that is imported by itself, with the names of the columns on top. */
export interface ListPart {
  csv: string;
  /** What to add to the lines of its report to get those of the whole list. */
  offset: number;
}

const MAX_CHARACTERS = 100_000;

/** Divides a list between people, never within quotes. */
export function partsOf(text: string, maxLines: number = IMPORT_LINES): ListPart[] {
  const [names = '', ...rest] = recordsOf(text);
  const parts: ListPart[] = [];
  let [part, line, first]: [string[], number, number] = [[], 1 + lineBreaks(names), 1 + lineBreaks(names)];
  const end = () => {
    if (part.length > 0) parts.push({ csv: [names, ...part].join('\n'), offset: first - 1 - lineBreaks(names) });
    [part, first] = [[], line];
  };
  for (const record of rest) {
    if (part.length === maxLines || part.join('\n').length + record.length > MAX_CHARACTERS) end();
    part.push(record);
    line += 1 + lineBreaks(record);
  }
  end();
  return parts;
}

const lineBreaks = (record: string): number => record.split('\n').length - 1;

/** Lines, those that belong together by quotes as one. */
function recordsOf(text: string): string[] {
  const records: string[] = [];
  let isOpen = false;
  for (const line of text.split('\n')) {
    if (isOpen) records[records.length - 1] += `\n${line}`;
    else records.push(line);
    if (line.split('"').length % 2 === 0) isOpen = !isOpen;
  }
  if (records.at(-1)?.trim() === '') records.pop();
  return records;
}

/** Imports a list of any length, part by part, and tells what became of it. @returns whether nobody was refused */
export async function importList(
  session: RelaisSession,
  text: string,
  { apply, print }: { apply: boolean; print: (line: string) => void },
): Promise<boolean> {
  const total = { made: 0, existing: 0, refused: 0 };
  const parts = partsOf(text);
  for (const [at, { csv, offset }] of parts.entries()) {
    const report = await session.call(ROUTES.importPeople, { csv, dryRun: !apply });
    for (const one of report.lines) if (one.problem) print(problemOf(one, offset));
    for (const key of ['made', 'existing', 'refused'] as const) total[key] += report[key];
    if (parts.length > 1) print(`part ${at + 1} of ${parts.length} is done`);
  }
  print(
    `${total.made} ${apply ? 'made' : 'would be made'}, ${total.existing} are there already, ${total.refused} refused`,
  );
  if (!apply && total.made > 0) print('nothing was changed: say --apply to do it');
  return total.refused === 0;
}

const problemOf = ({ line, problem, says }: ImportedLine, offset: number): string =>
  `line ${line + offset}: ${problem}${says === undefined ? '' : ` (${says})`}`;
