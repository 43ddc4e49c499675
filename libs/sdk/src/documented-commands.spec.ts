import type { Route } from '@relais/contracts';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { readAdminOptions } from './admin/admin-options.js';
import { readFounding } from './admin/bootstrap.js';
import { operationNamed, parseInput } from './admin/operations.js';
import { readAlarmOptions } from './alarm/alarm-options.js';
import { readOptions as readChatOptions } from './chat/options.js';
import { readOutageOptions } from './outage/outage-options.js';
import { readProbeOptions } from './probe/probe-options.js';
import { FILLED_IN, filesWrittenIn, wordsOf } from './testing/shell-words.js';

const workspace = join(import.meta.dirname, '..', '..', '..');
const pages = globSync('**/*.md', { cwd: workspace, exclude: ['**/node_modules', '**/dist', '.devstack', '.nx'] });

/** How the pages call the programs; `as NAME` is what docs/guides/identity.md defines as relais-admin of somebody else. */
const CALLS = /(?:\bnpx relais-(admin|alarm|chat|outage|probe)|(?<=^|`)as \w+\.\w+)(?=[ \n`])/gm;

interface Command {
  program: string;
  args: string[];
  /** Within a sentence a command may be named without what it takes. */
  isNamed: boolean;
}

function commandsIn(text: string): Command[] {
  return [...text.matchAll(CALLS)].map(({ 0: call, 1: program = 'admin', index }) => {
    const isNamed = text.slice(text.lastIndexOf('\n', index), index).split('`').length % 2 === 0;
    const rest = filled(text.slice(index + call.length));
    return { program, args: wordsOf(isNamed ? rest.slice(0, rest.indexOf('`')) : rest), isNamed };
  });
}

/** `…`, `<id>` and `ID` stand for what the reader knows. */
const filled = (text: string): string => text.replaceAll(/…|<\w+>|\bID\b/g, FILLED_IN);

const READERS: Record<string, (args: string[]) => unknown> = {
  alarm: readAlarmOptions,
  chat: readChatOptions,
  outage: readOutageOptions,
  probe: readProbeOptions,
};

/** @throws Error that says why the program would not take it */
function check({ program, args, isNamed }: Command, files: ReadonlyMap<string, string>): void {
  if (isNamed && args.length === 0) return;
  if (program !== 'admin') return void READERS[program]!(args);
  const { values, positionals } = readAdminOptions(args);
  const [operation, given] = positionals;
  if (operation === undefined || ['list', 'import-people', FILLED_IN].includes(operation)) return;
  if (operation === 'bootstrap') return void readFounding(values);
  if (operation === 'describe') return void (given === FILLED_IN || operationNamed(given!));
  const route = operationNamed(operation);
  const input = given?.startsWith('@') ? files.get(given.slice(1)) : (given ?? (isNamed ? undefined : '{}'));
  if (input !== undefined) checkFilled(route, parseInput(withStrings(filled(input))));
}

/** What a variable holds that stands where no string does is one here. */
const withStrings = (json: string): string =>
  json.replaceAll(new RegExp(`(?<![\\w"])${FILLED_IN}(?![\\w"])`, 'g'), '"$&"');

/** @throws Error naming the fields the contract does not take, but for those that the reader fills in */
function checkFilled({ contract }: Route, input: object): void {
  const wrong = (contract.input.safeParse(input).error?.issues ?? []).filter((issue) => !isFilledIn(input, issue));
  if (wrong.length > 0) throw new Error(wrong.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}

/** Also what is said of several fields together, when the reader fills in one of them. */
function isFilledIn(input: object, { code, path }: z.core.$ZodIssue): boolean {
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], input);
  const parts = code === 'custom' && typeof value === 'object' ? Object.values(value ?? {}) : [value];
  return parts.some((part) => typeof part === 'string' && part.includes(FILLED_IN));
}

function problemsOf(text: string): string[] {
  const files = filesWrittenIn(text);
  return commandsIn(text).flatMap((command) => {
    try {
      check(command, files);
      return [];
    } catch (thrown) {
      return [`relais-${command.program} ${command.args.join(' ')}: ${(thrown as Error).message}`];
    }
  });
}

describe('what the documentation tells people to type', () => {
  it.each(pages)('%s: is what our programs and the operations of the API take', (page) => {
    expect(problemsOf(readFileSync(join(workspace, page), 'utf8'))).toEqual([]);
  });

  it.each(['README.md', ...['alerting', 'identity', 'outage'].map((name) => join('docs', 'guides', `${name}.md`))])(
    '%s shows some of it',
    (page) => expect(commandsIn(readFileSync(join(workspace, page), 'utf8')).length).toBeGreaterThan(2),
  );

  it.each([
    ['npx relais-admin listPeople', 'no operation'],
    ['npx relais-admin createPool \'{"id":"…","title":"Crew"}\'', 'title'],
    ['npx relais-admin createPool "{\\"id\\":\\"$POOL\\"}"', 'name: '],
    ["as ada.able createPool '{'", 'not a JSON object'],
    ['npx relais-admin describe listPeople', 'no operation'],
    ['ID=$(npx relais-admin --has me | node -p 1)', '--has'],
    ['npx relais-admin bootstrap --organization acme --name Acme', 'gateway'],
    ['npx relais-alarm Fire in hall 2 --to bob', 'quotes'],
    ['npx relais-outage on --key crisis.key', '--reason'],
    ['npx relais-probe --setup --speed 3', '--speed'],
    ['npx relais-chat alice bob', 'one name'],
    ['cat > /tmp/x.json <<END\n{ "id": "$POOL" }\nEND\nnpx relais-admin createPool @/tmp/x.json', 'name: '],
    ['Say `npx relais-admin putPool` first', 'no operation'],
  ])('is looked at as a shell does: %s', (text, problem) => {
    expect(problemsOf(`\n${text}\n`)).toEqual([expect.stringContaining(problem)]);
  });

  it('is taken with whatever the reader fills in', () => {
    const text = `BOB=$(npx relais-admin listUsers '{"limit":200}' | node -p "JSON.parse(x).items.find(({ id }) => id === '$1')")
as ben.able confirmTotp '{"factorId":"…","code":"123456"}'
npx relais-admin updateUser "{\\"userId\\":\\"$BOB\\",\\"state\\":\\"disabled\\"}" > /tmp/x.json
npx relais-alarm --report ID --csv`;

    expect(commandsIn(text).map(({ args }) => args[0])).toEqual(['listUsers', 'confirmTotp', 'updateUser', '--report']);
    expect(problemsOf(text)).toEqual([]);
  });
});
