import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Person } from './person.js';

const PROGRAMS = resolve(import.meta.dirname, '../../../libs/sdk/bin');

/** Runs the programs for terminals as people of a people file of their own. */
export class Terminal {
  private constructor(private readonly directory: string) {}

  static async open(place: { gateways: readonly string[]; organization: string }, people: readonly Person[]) {
    const directory = await mkdtemp(join(tmpdir(), 'relais-terminal-'));
    const asListed = ({ account: { email, password, displayName } }: Person) => ({
      ...{ name: displayName.toLowerCase(), email, password, displayName },
    });
    const file = { ...place, people: people.map(asListed), isComplete: true };
    await writeFile(join(directory, 'people.json'), JSON.stringify(file), { mode: 0o600 });
    return new Terminal(directory);
  }

  run(program: 'relais-admin' | 'relais-chat' | 'relais-alarm' | 'relais-outage', args: string[], input?: string) {
    const file = join(this.directory, 'people.json');
    const child = spawn(process.execPath, [join(PROGRAMS, `${program}.mjs`), '--people', file, ...args], {
      env: { PATH: process.env.PATH },
      stdio: 'pipe',
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    if (input !== undefined) child.stdin.end(input);
    const code = new Promise<number | null>((resolve_) => child.on('close', resolve_));
    return { said: () => said, type: (line: string) => child.stdin.write(`${line}\n`), code };
  }

  close(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }
}
