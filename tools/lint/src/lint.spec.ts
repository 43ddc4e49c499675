import { type Finding, LintWorkspace } from './workspace.js';

/** Each row: where a file lies, what it says, and what the linter answers. */
const VIOLATIONS: [file: string, source: string, answer: RegExp][] = [
  [
    'apps/auth/src/floating.ts',
    'const later = async () => 1;\nexport const go = () => { later(); };',
    /no-floating-promises/,
  ],
  [
    'apps/auth/src/switch.ts',
    "export const f = (kind: 'a' | 'b') => { switch (kind) { case 'a': return 1; } };",
    /switch-exhaustiveness-check/,
  ],
  ['apps/auth/src/any.ts', 'export const f = (value: any) => value;', /no-explicit-any/],
  [
    'apps/auth/src/types.ts',
    "import { Thing } from './thing.js';\nexport const f = (thing: Thing): Thing => thing;",
    /Thing is only a type/,
  ],
  [
    'apps/auth/src/method-type.ts',
    `import { Injectable } from '@nestjs/common';
import { Thing } from './thing.js';
@Injectable()
export class Holder { constructor() { const a: Thing = { id: '' }; this.keep(a); } keep(thing: Thing) { return thing; } }`,
    /Thing is only a type/,
  ],
  ['apps/auth/src/equal.ts', 'export const f = (a: string) => a == "x";', /eqeqeq/],
  ['apps/auth/src/console.ts', 'console.log(1);', /no-console/],
  ['apps/auth/src/env.ts', 'export const home = process.env.HOME;', /no-process-env/],
  [
    'apps/auth/src/env-import.ts',
    "import { env } from 'node:process';\nexport { env };",
    /Only libs\/config and the tools/,
  ],
  ['apps/auth/src/todo.ts', '// TODO later\nexport const a = 1;', /no-warning-comments/],
  ['apps/auth/src/default.ts', 'export default 1;', /no-default-export/],
  ['apps/auth/src/cycle-a.ts', "import { b } from './cycle-b.js';\nexport const a = (): number => b();", /no-cycle/],
  [
    'apps/auth/src/rule.ts',
    "import { DataSource } from 'typeorm';\nexport { DataSource };",
    /Only \*\.postgres\.ts, \*\.entity\.ts, app\.module\.ts and database\//,
  ],
  ['apps/auth/src/driver.ts', "import { Pool } from 'pg';\nexport { Pool };", /Only \*\.postgres\.ts/],
  [
    'apps/auth/src/cache.ts',
    "import { Redis } from 'ioredis';\nexport { Redis };",
    /Only \*\.redis\.ts and libs\/redis/,
  ],
  ['apps/auth/src/nats.ts', "export { connect } from '@nats-io/transport-node';", /Only libs\/bus and the tools/],
  ['apps/auth/src/fake.ts', "export { MemoryStore } from './store.memory.js';", /Only \*\.spec\.ts and libs\/testing/],
  ['apps/auth/src/testing.ts', "export { fixedClock } from '@relais/testing';", /Only \*\.spec\.ts and libs\/testing/],
  ['apps/auth/src/late.ts', "export const f = () => import('typeorm');", /Only \*\.postgres\.ts/],
  [
    'libs/kernel/src/up.ts',
    "export { seq } from '@relais/contracts';",
    /libs\/kernel may not import @relais\/contracts/,
  ],
  ['libs/contracts/src/up.ts', "export { Bus } from '@relais/bus';", /libs\/contracts may not import @relais\/bus/],
  ['libs/bus/src/up.ts', "export { Client } from '@relais/sdk';", /libs\/bus may not import @relais\/sdk/],
  ['libs/sdk/src/up.ts', "export { Bus } from '@relais/bus';", /libs\/sdk may not import @relais\/bus/],
  ['apps/gateway/src/up.ts', "export { config } from '@relais/auth';", /apps\/gateway may not import @relais\/auth/],
  ['apps/gateway/src/up.spec.ts', "export { config } from '@relais/auth';", /Nobody imports an app/],
  ['apps/gateway/src/client.ts', "export { Client } from '@relais/sdk';", /apps\/gateway may not import @relais\/sdk/],
  [
    'apps/gateway/src/redis.ts',
    "export { lease } from '@relais/redis';",
    /package\.json does not declare @relais\/redis/,
  ],
  [
    'apps/gateway/src/deep.ts',
    "export { Bus } from '@relais/bus/src/bus.js';",
    /Import @relais\/bus, not a file inside it/,
  ],
  ['apps/gateway/src/leave.ts', "export { a } from '../../auth/src/thing.js';", /leaves apps\/gateway/],
  [
    'apps/auth/src/sql.postgres.ts',
    'export const f = (db: { query(sql: string): void }, id: string) => db.query(`SELECT ${id}`);',
    /SQL is one constant text/,
  ],
  [
    'apps/auth/src/sum.postgres.ts',
    "export const f = (db: { query(sql: string): void }, id: string) => db.query('SELECT ' + id);",
    /SQL is one constant text/,
  ],
  [
    'apps/auth/src/let.postgres.ts',
    "let order = 'a';\nexport const f = (db: { query(sql: string): void }) => db.query(`SELECT 1 ORDER BY ${order}`);\norder = 'b';",
    /SQL is one constant text/,
  ],
  [
    'apps/auth/src/helper.ts',
    'export const f = (rows: (sql: string) => void, id: string) => rows(`SELECT ${id} FROM t`);',
    /SQL is one constant text/,
  ],
  [
    'apps/auth/src/token.ts',
    "import { newId } from '@relais/kernel';\nexport const refreshToken = `rt_${newId()}`;",
    /refreshToken is a secret/,
  ],
  [
    'apps/auth/src/maker.ts',
    "import { newId } from '@relais/kernel';\nexport const newToken = () => newId();",
    /newToken is a secret/,
  ],
  [
    'apps/auth/src/floating.spec.ts',
    'const later = async () => 1;\nexport const go = () => { later(); };',
    /no-floating-promises/,
  ],
  [
    'apps/auth/src/nonce.ts',
    "import { randomUUID } from 'node:crypto';\nexport const f = () => ({ nonce: randomUUID() });",
    /nonce is a secret/,
  ],
];

const SQL = `
const COLUMNS = 'a, ' + 'b';
export const f = (db: { query(sql: string, values: string[]): void }, id: string) =>
  db.query(\`SELECT \${COLUMNS} FROM t WHERE t.id = $1\`, [id]);`;

const INJECTED = `
import { Injectable } from '@nestjs/common';
import { Thing } from './thing.js';
@Injectable()
export class Holder { constructor(readonly thing: Thing) {} }`;

/** The same things where they belong. */
const CLEAN: [file: string, source: string][] = [
  ['apps/auth/src/injected.ts', INJECTED],
  ['apps/auth/src/columns.postgres.ts', SQL],
  [
    'apps/auth/src/database/migrations/1-first.ts',
    'export const f = (db: { query(sql: string): void }, t: string) => db.query(`DROP TABLE ${t}`);',
  ],
  ['apps/auth/src/thing.ts', 'export class Thing { id = ""; }'],
  [
    'apps/auth/src/floats-not.ts',
    'const later = async () => 1;\nexport const go = async () => { await later(); void later(); };',
  ],
  ['apps/auth/src/store.postgres.ts', "import { DataSource } from 'typeorm';\nexport { DataSource };"],
  ['apps/auth/src/app.module.ts', "export { DataSource } from 'typeorm';"],
  [
    'apps/auth/src/imported.postgres.ts',
    "import { COLUMNS } from './columns-of.js';\nexport const f = (db: { query(sql: string): void }) => db.query(`SELECT ${COLUMNS} FROM t`);",
  ],
  ['apps/auth/src/prose.ts', 'export const f = (id: string) => `Selected ${id}`;'],
  ['apps/auth/src/row.entity.ts', "export { Entity } from 'typeorm';"],
  ['apps/auth/src/database/data-source.ts', "export { DataSource } from 'typeorm';"],
  ['apps/auth/src/cache.redis.ts', "export { Redis } from 'ioredis';"],
  ['libs/bus/src/connection.ts', "export { connect } from '@nats-io/transport-node';"],
  [
    'apps/auth/src/rule.spec.ts',
    "export { MemoryStore } from './store.memory.js';\nexport { fixedClock } from '@relais/testing';",
  ],
  ['libs/bus/src/index.ts', "export * from './bus.memory.js';"],
  ['apps/auth/src/contract.ts', "export { seq } from '@relais/contracts';"],
  ['libs/config/src/load.ts', 'export const read = () => process.env.HOME;'],
  ['tools/devstack/src/say.ts', "console.log(process.env.HOME);\nexport { connect } from '@nats-io/transport-node';"],
  ['libs/sdk/src/chat/main.ts', "console.log('hello');"],
  [
    'apps/auth/src/ids.ts',
    "import { newId } from '@relais/kernel';\nexport const tokenId = newId();\nexport const f = (sign: (claims: object) => string) => { const token = sign({ jti: newId() }); return token; };",
  ],
  [
    'apps/auth/src/sql-ok.postgres.ts',
    'export const f = (db: { query(sql: string, values: string[]): void }, id: string) => db.query(`SELECT $1`, [id]);',
  ],
];

const answers = (found: Finding[], file: string): string[] =>
  found.filter((finding) => finding.file === file).map(({ rule, message }) => `${rule}: ${message}`);

describe('the linter', () => {
  const workspace = new LintWorkspace();
  let found: Finding[];

  beforeAll(() => {
    for (const [file, source] of [...VIOLATIONS, ...CLEAN]) workspace.write(file, `${source}\n`);
    workspace.write(
      'apps/auth/src/cycle-b.ts',
      "import { a } from './cycle-a.js';\nexport const b = (): number => a();\n",
    );
    found = workspace.findings();
  }, 60_000);

  afterAll(() => workspace.close());

  it.each(VIOLATIONS)('refuses %s', (file, _source, answer) => {
    expect(answers(found, file)).toContainEqual(expect.stringMatching(answer));
  });

  it.each(CLEAN)('accepts %s', (file) => {
    expect(answers(found, file)).toEqual([]);
  });
});
