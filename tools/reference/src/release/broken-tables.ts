import { type Column, type Table, tablesOf } from './tables.js';

/** Types that hold everything that the first one does, and are read as it is. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  smallint: ['integer', 'bigint'],
  integer: ['bigint'],
  real: ['double precision'],
  'character varying': ['text'],
};

/** What of the schema `old` a service of that release uses and `now` took away or narrowed; one line each. */
export function brokenTables(old: string, now: string): string[] {
  const after = tablesOf(now);
  return [...tablesOf(old)].flatMap(([name, table]) => {
    const counterpart = after.get(name);
    return counterpart ? broken(name, table, counterpart) : [`${name}: is gone`];
  });
}

function broken(name: string, old: Table, now: Table): string[] {
  const known = [...old.columns].flatMap(([column, before]) =>
    brokenColumn(`${name}.${column}`, before, now.columns.get(column)),
  );
  const unknown = [...now.columns].filter(([column, { isRequired, isFilled }]) => {
    return !old.columns.has(column) && isRequired && !isFilled;
  });
  const lost = [...old.unique].filter((key) => !now.unique.has(key));
  return [
    ...known,
    ...unknown.map(([column]) => `${name}.${column}: must be filled in, and has no default`),
    ...brokenChecks(name, old, now),
    ...lost.map((key) => `${name}: ${key} is not unique any more, and may be what a conflict is found by`),
    ...[...now.unique]
      .filter((key) => !old.unique.has(key) && isOfOld(key, old))
      .map((key) => `${name}: ${key} must be unique`),
  ];
}

function brokenColumn(at: string, old: Column, now: Column | undefined): string[] {
  if (!now) return [`${at}: is gone`];
  const found: string[] = [];
  if (!holds(old.type, now.type)) found.push(`${at}: was ${old.type}, is ${now.type}`);
  if (now.isRequired && !old.isRequired) found.push(`${at}: must not be null any more`);
  if (now.isRequired && old.isFilled && !now.isFilled) found.push(`${at}: has no default any more`);
  return found;
}

function holds(old: string, now: string): boolean {
  if (old === now) return true;
  const [[before = '', least], [after = '', most]] = [sized(old), sized(now)];
  if (before === after) return most === undefined || (least !== undefined && most >= least);
  return WIDER[before]?.includes(after) ?? false;
}

const sized = (type: string): [string, number | undefined] => {
  const [, name = type, size] = /^(.*?)\((\d+)\)/.exec(type) ?? [];
  return [name, size === undefined ? undefined : Number(size)];
};

/** A condition that is new must be about new columns alone; one that was there may let more values pass. */
function brokenChecks(name: string, old: Table, now: Table): string[] {
  return [...now.checks].flatMap(([check, condition]) => {
    const before = old.checks.get(check);
    if (before === undefined) return isOfOld(condition, old) ? [`${name}: ${check} is new: ${condition}`] : [];
    return before === condition || letsMorePass(before, condition)
      ? []
      : [`${name}: ${check} was ${before}, is ${condition}`];
  });
}

const isOfOld = (text: string, { columns }: Table): boolean => {
  const words = new Set(text.match(/\w+/g));
  return [...columns.keys()].some((column) => words.has(column));
};

const LIST = /ARRAY\[.*?\]/g;
const VALUE = /'[^']*'|\d+/g;

function letsMorePass(before: string, after: string): boolean {
  if (before.replaceAll(LIST, '') !== after.replaceAll(LIST, '')) return false;
  const values = new Set(after.match(VALUE));
  return (before.match(VALUE) ?? []).every((value) => values.has(value));
}
