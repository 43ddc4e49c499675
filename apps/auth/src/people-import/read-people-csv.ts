import { IMPORT_LINES, importPeople } from '@relais/contracts';

/** A line as it is written; nothing of it is checked. */
export interface CsvPerson {
  line: number;
  email: string;
  name: string;
  role: string;
  pools: string[];
  phone: string;
}

const DELIMITERS = [',', ';', '\t'] as const;
const NAMES = ['email', 'name', 'role', 'pools', 'phone'] as const;
type Name = (typeof NAMES)[number];

/** Names of columns as administrators write them, in English and German. */
const COLUMNS: Readonly<Record<string, Name>> = {
  ...{ email: 'email', 'e-mail': 'email', mail: 'email' },
  ...{ name: 'name', displayname: 'name', 'display name': 'name', anzeigename: 'name' },
  ...{ role: 'role', rolle: 'role', pool: 'pools', pools: 'pools' },
  ...{ phone: 'phone', mobile: 'phone', 'phone number': 'phone', telefon: 'phone', mobil: 'phone', handy: 'phone' },
};

/**
 * Reads a list of people; empty lines are passed over.
 *
 * @throws AppError `csv_unreadable`, which says where and what to do; `too_many_lines`
 */
export async function readPeopleCsv(text: string): Promise<CsvPerson[]> {
  const records = await recordsIn(text);
  const [names, ...people] = records;
  if (!names) throw unreadable('the list is empty');
  const columns = names.record.map(columnOf);
  for (const needed of ['email', 'name'] as const)
    if (!columns.includes(needed)) throw unreadable(`there is no column ${needed} in the first line`);
  if (new Set(columns).size < columns.length) throw unreadable('a column is there twice');
  if (people.length > IMPORT_LINES)
    throw importPeople.fail('too_many_lines', `${people.length} people: at most ${IMPORT_LINES} at once`);
  return people.map(({ record, info }) => {
    const cell = (name: (typeof columns)[number]) => (record[columns.indexOf(name)] ?? '').trim();
    const pools = columns.includes('pools') ? cell('pools').split('|') : [];
    return {
      ...{ line: info.lines, email: cell('email'), name: cell('name') },
      role: columns.includes('role') ? cell('role').toLowerCase() : '',
      phone: columns.includes('phone') ? cell('phone') : '',
      pools: pools.map((name) => name.trim()).filter((name) => name !== ''),
    };
  });
}

interface Parsed {
  record: string[];
  info: { lines: number };
}

async function recordsIn(text: string): Promise<Parsed[]> {
  const { parse } = await import('csv-parse/sync');
  const options = { bom: true, info: true, skip_empty_lines: true, relax_column_count_less: true };
  try {
    return parse(text, { ...options, delimiter: delimiterOf(text) }) as unknown as Parsed[];
  } catch (error) {
    const { lines, message } = error as Error & { lines?: number };
    throw unreadable(lines === undefined ? message : `line ${lines}: ${message}`);
  }
}

/** The one that divides the first line most often. */
function delimiterOf(text: string): string {
  const first = text.split(/\r?\n/, 1)[0] ?? '';
  const count = (delimiter: string) => first.split(delimiter).length;
  return DELIMITERS.reduce((best, one) => (count(one) > count(best) ? one : best));
}

function columnOf(name: string): Name {
  const key = name.trim().toLowerCase();
  const column = Object.hasOwn(COLUMNS, key) ? COLUMNS[key] : undefined;
  if (!column) throw unreadable(`"${name.slice(0, 64)}" is none of the columns ${NAMES.join(', ')}`);
  return column;
}

const unreadable = (says: string) => importPeople.fail('csv_unreadable', says);
