import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { WHO_OPTIONS, whoOf } from '../chat/who-options.js';

export const USAGE = `relais-probe: watches from outside whether alarms get through

  relais-probe               raises a silent test alarm to itself again and again, and says on /metrics whether it came
  relais-probe --setup       makes the bot that it is, writes its credentials, and has alerting test itself with it, too

  --credentials FILE     default .devstack/default/probe.json; readable by its owner only
  --gateway URL          instead of those in the file; may be given several times
  --every SECONDS        between two test alarms; 15 if not said, at least 5
  --within SECONDS       how long one may take; 10 if not said
  --host ADDRESS --port NUMBER
                         where /metrics and /livez are served; 127.0.0.1 and 9464
  --as NAME, --people FILE, --gateway URL --organization HANDLE --email EMAIL
                         with --setup: who makes the bot
`;

const options = {
  ...WHO_OPTIONS,
  setup: { type: 'boolean', default: false },
  credentials: { type: 'string', default: join('.devstack', 'default', 'probe.json') },
  gateway: { type: 'string', multiple: true },
  every: { type: 'string', default: '15' },
  within: { type: 'string', default: '10' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '9464' },
  help: { type: 'boolean', default: false },
} as const;

export type ProbeOptions = ReturnType<typeof readProbeOptions>;

/** @throws Error that says what is wrong with the command line */
export function readProbeOptions(args: string[]) {
  const { values } = parseArgs({ args, options });
  const everySeconds = numberOf('--every', values.every, 5, 3_600);
  const withinSeconds = numberOf('--within', values.within, 1, 60);
  if (withinSeconds > everySeconds) throw new Error('--within is at most --every');
  const { setup, help, credentials, host, gateway: gateways = [] } = values;
  return {
    kind: help ? ('help' as const) : setup ? ('setup' as const) : ('watch' as const),
    ...{ credentials, gateways, host, port: numberOf('--port', values.port, 0, 65_535), everySeconds, withinSeconds },
    who: whoOf({ ...values, gateway: gateways[0] }),
  };
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(number >= least && number <= most)) throw new Error(`${option} is a number from ${least} to ${most}`);
  return number;
}
