import { alarmId as alarmIdSchema, severity as severitySchema, type Severity } from '@relais/contracts';
import { parseArgs } from 'node:util';
import { WHO_OPTIONS, whoOf } from '../chat/who-options.js';

export const USAGE = `relais-alarm: alarm people from a terminal, and see who comes

  relais-alarm TITLE --to NAME[,NAME]… [--then NAME[,NAME]…]…
                             one group after the other, until somebody comes; follows it to the end
  relais-alarm TITLE --to everyone
  relais-alarm --approve ID  lets an alarm to many people out that somebody else has raised
  relais-alarm --follow ID   follows one that was raised before
  relais-alarm --report ID   who was told when and how, and who answered what: a page to print (HTML);
                             with --csv a table
  relais-alarm --drill ID    whom a silent drill reached, and what would go wrong: a page to print (HTML)
  relais-alarm --end ID      the all-clear

  --wait SECONDS         how long each group has to answer before the next is told; 30 if not said, at least 10
  --severity NAME        emergency, alarm (if not said) or notice
  --text TEXT            what has happened, in more words
  --needed N             how many must take it on; 1 if not said, 0 only tells
  --no-follow            prints the id and ends
  --as NAME              a person of the people file; alice, its owner, if not said
  --people FILE          default .devstack/default/people.json, which npm run up writes
  --gateway URL --organization HANDLE --email EMAIL
                         as anybody else; asks for the password
`;

export type AlarmWish =
  | { kind: 'help' }
  | { kind: 'raise'; alarm: RaiseWish; follows: boolean }
  | { kind: 'follow'; alarmId: never }
  | { kind: 'report'; alarmId: never; asTable: boolean }
  | { kind: 'drill'; drillId: string }
  | { kind: 'end'; alarmId: never }
  | { kind: 'approve'; alarmId: never };

export interface RaiseWish {
  title: string;
  text: string;
  severity: Severity;
  needed: number;
  waitSeconds: number;
  /** Names, group after group. */
  groups: string[][];
}

const options = {
  to: { type: 'string' },
  then: { type: 'string', multiple: true },
  wait: { type: 'string', default: '30' },
  severity: { type: 'string', default: 'alarm' },
  text: { type: 'string', default: '' },
  needed: { type: 'string', default: '1' },
  'no-follow': { type: 'boolean', default: false },
  follow: { type: 'string' },
  report: { type: 'string' },
  drill: { type: 'string' },
  csv: { type: 'boolean', default: false },
  end: { type: 'string' },
  approve: { type: 'string' },
  ...WHO_OPTIONS,
  help: { type: 'boolean', default: false },
} as const;

const parse = (args: string[]) => parseArgs({ args, allowPositionals: true, options });

/** @throws Error that says what is wrong with the command line */
export function readAlarmOptions(args: string[]) {
  const { values, positionals } = parse(args);
  return { wish: wishOf(values, positionals), who: whoOf(values) };
}

type Values = ReturnType<typeof parse>['values'];

function wishOf(values: Values, positionals: string[]): AlarmWish {
  if (values.help) return { kind: 'help' };
  if (values.report !== undefined) return { kind: 'report', alarmId: idOf(values.report), asTable: values.csv };
  if (values.drill !== undefined) return { kind: 'drill', drillId: idOf(values.drill) };
  for (const kind of ['follow', 'end', 'approve'] as const)
    if (values[kind] !== undefined) return { kind, alarmId: idOf(values[kind]) };
  const [title, ...more] = positionals;
  if (!title) return { kind: 'help' };
  if (more.length > 0) throw new Error(`put the title in quotes: "${positionals.join(' ')}"`);
  if (!values.to) throw new Error('who is told? --to NAME, or --to everyone');
  const alarm = {
    ...{ title, text: values.text, severity: severityOf(values.severity) },
    needed: numberOf('--needed', values.needed, 0, 1_000),
    waitSeconds: numberOf('--wait', values.wait, 10, 86_400),
    groups: [values.to, ...(values.then ?? [])].map(namesIn),
  };
  return { kind: 'raise', alarm, follows: !values['no-follow'] };
}

function namesIn(list: string): string[] {
  const names = list.split(',').map((name) => name.trim());
  if (names.includes('')) throw new Error(`not a list of names: "${list}"`);
  return names;
}

function severityOf(text: string): Severity {
  const parsed = severitySchema.safeParse(text);
  if (!parsed.success) throw new Error(`--severity is one of ${severitySchema.options.join(', ')}, not ${text}`);
  return parsed.data;
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (!(number >= least && number <= most)) throw new Error(`${option} is a number from ${least} to ${most}`);
  return number;
}

function idOf(text: string): never {
  const parsed = alarmIdSchema.safeParse(text);
  if (!parsed.success) throw new Error(`not an id: ${text}`);
  return parsed.data as never;
}
