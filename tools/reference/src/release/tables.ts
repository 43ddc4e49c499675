export interface Column {
  type: string;
  isRequired: boolean;
  /** Filled in by the database when nothing is said. */
  isFilled: boolean;
}

export interface Table {
  columns: Map<string, Column>;
  /** Conditions of the table, by name. */
  checks: Map<string, string>;
  /** Columns, or expressions, no two rows share: by definition, for names are nobody's business. */
  unique: Set<string>;
}

const TABLE = /^CREATE TABLE public\.(\S+) \(\n([^]*?)\n\)/gm;
const COLUMN = /^ {4}("[^"]+"|[a-z_]\w*) (.+?),?$/gm;
const CHECK = /^ {4}CONSTRAINT (\w+) (CHECK .+?),?$/gm;
const KEY = /^ALTER TABLE ONLY public\.(\S+)\n {4}ADD CONSTRAINT \S+ (?:UNIQUE|PRIMARY KEY) (.+);$/gm;
const INDEX = /^CREATE UNIQUE INDEX \S+ ON public\.(\S+) USING btree (.+);$/gm;
const FILLED = /^ALTER TABLE (?:ONLY )?public\.(\S+) ALTER COLUMN (\S+) (?:ADD GENERATED|SET DEFAULT)/gm;

/** The tables of a page of docs/reference/schema, which is what pg_dump says about them. */
export function tablesOf(sql: string): Map<string, Table> {
  const tables = new Map<string, Table>();
  for (const [, name = '', body = ''] of sql.matchAll(TABLE)) {
    const columns = [...body.matchAll(COLUMN)].map(([, column = '', rest = '']) => [column, columnOf(rest)] as const);
    const checks = [...body.matchAll(CHECK)].map(([, check = '', condition = '']) => [check, condition] as const);
    tables.set(name, { columns: new Map(columns), checks: new Map(checks), unique: new Set() });
  }
  for (const [, table = '', key = ''] of [...sql.matchAll(KEY), ...sql.matchAll(INDEX)])
    tables.get(table)?.unique.add(key);
  for (const [, table = '', name = ''] of sql.matchAll(FILLED)) {
    const column = tables.get(table)?.columns.get(name);
    if (column) column.isFilled = true;
  }
  return tables;
}

const columnOf = (rest: string): Column => ({
  type: rest.replace(/ (DEFAULT|GENERATED|NOT NULL)\b.*$/, ''),
  isRequired: / NOT NULL$/.test(rest),
  isFilled: / (DEFAULT|GENERATED) /.test(rest),
});
