import { ROUTES, type Route } from '@relais/contracts';
import { z } from 'zod';

const table: Readonly<Record<string, Route>> = ROUTES;

/** @throws Error naming operations that are spelled alike */
export function operationNamed(name: string): Route {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found) return found;
  const alike = Object.keys(table).filter((one) => one.toLowerCase().includes(name.toLowerCase().slice(0, 4)));
  throw new Error(`no operation ${name}${alike.length > 0 ? `; there are ${alike.join(', ')}` : ''}`);
}

/** One line for each operation that needs a session. */
export const listOperations = (): string =>
  Object.entries(table)
    .filter(([, { contract }]) => contract.access === 'user')
    .map(([name, { summary }]) => `  ${name.padEnd(26)} ${summary}\n`)
    .join('');

/** What an operation takes, as JSON Schema, and the errors it declares. */
export function describeOperation(name: string): string {
  const { method, path, summary, contract } = operationNamed(name);
  const input = JSON.stringify(z.toJSONSchema(contract.input, { io: 'input', unrepresentable: 'any' }), null, 2);
  const errors = Object.keys(contract.errors).join(', ') || 'only those of every operation';
  return `${summary}\n${method} ${path}\n\ninput ${input}\n\nerrors ${errors}\n`;
}

/** JSON as it was given: an argument, `@file`, or `-` for the standard input. */
export function parseInput(text: string): object {
  try {
    const input: unknown = JSON.parse(text);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input;
  } catch {
    // Said below.
  }
  throw new Error(`the input is not a JSON object: ${text.slice(0, 80)}`);
}

/** The input, if the contract takes it. @throws Error that says what is wrong, field by field */
export function checkInput({ contract }: Route, input: object): object {
  const checked = contract.input.safeParse(input);
  if (!checked.success)
    throw new Error(`the input is not what the operation takes:\n${z.prettifyError(checked.error)}`);
  return input;
}
