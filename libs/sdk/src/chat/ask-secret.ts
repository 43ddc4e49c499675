import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/**
 * Asks on the terminal without showing what is typed.
 *
 * @param variable of the environment that says it where there is no terminal
 * @throws Error when there is no terminal
 */
export async function askSecret(question: string, variable: string = 'RELAIS_PASSWORD'): Promise<string> {
  if (!process.stdin.isTTY) throw new Error(`there is no terminal to ask on: set ${variable}, or use --people FILE`);
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

/** Undefined where it is not set, or empty. */
export const secretFromEnvironment = (variable: 'RELAIS_PASSWORD' | 'BOOTSTRAP_TOKEN'): string | undefined =>
  process.env[variable] || undefined;
