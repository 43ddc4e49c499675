import { isSecretSetting } from '@relais/config';
import type { z } from 'zod';
import type { Setting } from './setting.js';

/** What a service reads: the schema of each variable. */
export type Table = Readonly<Record<string, z.ZodType>>;

const PAIR = /^([^.=]+)\.([^=]+)=([^]*)$/;

/**
 * Reads what `--set` was given: `alerting.SMS_PROVIDER=http`. An empty value is one that is taken back.
 * @throws Error that says of each that cannot be taken why, and what to do; never a value
 */
export function parseSettings(
  given: readonly string[],
  tables: ReadonlyMap<string, Table>,
  ownNames: readonly string[],
): Setting[] {
  const parsed = given.map((text) => parse(text, tables, ownNames));
  const problems = parsed.filter((one) => typeof one === 'string');
  if (problems.length > 0) throw new Error(['nothing was started or changed', ...problems].join('\n  '));
  return parsed.filter((one) => typeof one !== 'string');
}

/** The setting, or what is wrong with it. */
function parse(text: string, tables: ReadonlyMap<string, Table>, ownNames: readonly string[]): Setting | string {
  const [, service = '', name = '', value = ''] = PAIR.exec(text) ?? [];
  if (service === '')
    return `"${text.split('=')[0]}": write --set <service>.<NAME>=<value>, such as alerting.SMS_PROVIDER=http`;
  const table = tables.get(service);
  if (!table) return `there is no service "${service}" here; there are ${[...tables.keys()].join(', ')}`;
  const known = [name, name.replace(/_FILE$/, '')].find((one) => Object.hasOwn(table, one));
  if (!known) return `${service} has no setting ${name}; docs/reference/config.md lists what each service reads`;
  if (ownNames.includes(known))
    return `${service}.${name}: the stack sets this itself, to what it has started or made; leave it out`;
  const isFile = known !== name;
  const wrong = isFile || value === '' ? undefined : table[known]!.safeParse(value).error;
  if (wrong) return `${service}.${name}: ${wrong.issues.map(({ message }) => message).join('; ')}`;
  return { service, name, value, isSecret: !isFile && isSecretSetting(name, table[known]!) };
}
