import { parseArgs } from 'node:util';
import { WHO_OPTIONS, whoOf } from '../chat/who-options.js';

export const USAGE = `relais-outage: the switch for the day on which nobody can sign in

  relais-outage on --key FILE --reason TEXT    outage mode is on: everybody is alarmed, the crisis conversations open
  relais-outage off --key FILE --reason TEXT   the all-clear
    needs a gateway and the key, and nothing else: no account, no directory, no identity provider, not even a right clock

  relais-outage new-key FILE --label TEXT      makes such a key, of which the server learns the public half alone; keep the
                                               file where no network is needed, and a copy of it elsewhere
  relais-outage list                           outages there were
  relais-outage report [ID]                    what happened in one, or the last: a page to print (HTML); --json as data

  --gateway URL          another gateway than those in the key file
  --days N               how long a new key is good; 365 if not said, at most 730
  --as NAME              for new-key, list and report: a person of the people file; alice, its owner, if not said
  --people FILE          default .devstack/default/people.json, which npm run up writes
  --gateway URL --organization HANDLE --email EMAIL
                         as anybody else; asks for the password
`;

export type OutageWish =
  | { kind: 'help' }
  | { kind: 'switch'; on: boolean; keyFile: string; reason: string; gateway: string | undefined }
  | { kind: 'new-key'; keyFile: string; label: string; validDays: number }
  | { kind: 'list' }
  | { kind: 'report'; outageId: string | undefined; asJson: boolean };

const options = {
  key: { type: 'string' },
  reason: { type: 'string' },
  label: { type: 'string' },
  days: { type: 'string', default: '365' },
  json: { type: 'boolean', default: false },
  ...WHO_OPTIONS,
  help: { type: 'boolean', default: false },
} as const;

const parse = (args: string[]) => parseArgs({ args, allowPositionals: true, options });
type Values = ReturnType<typeof parse>['values'];

/** @throws Error that says what is wrong with the command line */
export function readOutageOptions(args: string[]) {
  const { values, positionals } = parse(args);
  return { wish: wishOf(values, positionals), who: whoOf(values) };
}

function wishOf(values: Values, [verb, what, ...more]: string[]): OutageWish {
  if (values.help || verb === undefined) return { kind: 'help' };
  if (more.length > 0) throw new Error(`too much: ${more.join(' ')}`);
  switch (verb) {
    case 'on':
    case 'off':
      return switching(values, verb === 'on', what);
    case 'new-key':
      if (what === undefined) throw new Error('where is the key kept? relais-outage new-key FILE');
      if (!values.label) throw new Error('say where it will lie, such as --label "safe in the control room"');
      return { kind: 'new-key', keyFile: what, label: values.label, validDays: daysOf(values.days) };
    case 'list':
      return { kind: 'list' };
    case 'report':
      return { kind: 'report', outageId: what, asJson: values.json };
    default:
      throw new Error(`${verb} is none of on, off, new-key, list, report`);
  }
}

function switching({ key, reason, gateway }: Values, on: boolean, what: string | undefined): OutageWish {
  if (what !== undefined) throw new Error(`put the reason in quotes: --reason "${what} …"`);
  if (!key) throw new Error('which key? --key FILE');
  if (!reason?.trim()) throw new Error('say why: --reason TEXT; everybody is told');
  return { kind: 'switch', on, keyFile: key, reason, gateway };
}

function daysOf(text: string): number {
  const days = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
  if (!(days >= 1 && days <= 730)) throw new Error('--days is a number from 1 to 730');
  return days;
}
