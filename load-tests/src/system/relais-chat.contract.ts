import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Person } from './person.js';
import { eventually, type Running } from './system.js';

const PROGRAM = resolve(import.meta.dirname, '../../../libs/sdk/bin/relais-chat.mjs');

export function relaisChatContract(running: Running): void {
  let directory: string;
  let peopleFile: string;

  beforeAll(async () => {
    const { acme, gateways } = running();
    const people = [await acme.join({ displayName: 'Zoe' }), await acme.join({ displayName: 'Yan' })];
    directory = await mkdtemp(join(tmpdir(), 'relais-chat-'));
    peopleFile = join(directory, 'people.json');
    const asListed = ({ account: { email, password, displayName } }: Person) => ({
      ...{ name: displayName.toLowerCase(), email, password, displayName },
    });
    const file = { gateways, organization: acme.handle, people: people.map(asListed), isComplete: true };
    await writeFile(peopleFile, JSON.stringify(file), { mode: 0o600 });
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  function chat(args: string[], input?: string) {
    const child = spawn(process.execPath, [PROGRAM, '--people', peopleFile, ...args], {
      env: { PATH: process.env.PATH },
      stdio: 'pipe',
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    if (input !== undefined) child.stdin.end(input);
    const code = new Promise<number | null>((resolve_) => child.on('close', resolve_));
    return { said: () => said, code, child };
  }

  it('a line that is piped in is committed, and seen by the other side', async () => {
    const first = chat(['zoe', '--once'], 'are you there?\n');
    expect([await first.code, first.said()]).toEqual([0, expect.stringMatching(/✓ Zoe: are you there\?\n$/)]);

    const other = chat(['yan', '--follow-seconds', '6']);
    await eventually(() => other.said().includes('are you there?'));
    const second = chat(['zoe', '--once'], 'hello\n');

    expect([await second.code, second.said()]).toEqual([0, expect.stringMatching(/✓ Zoe: hello\n$/)]);
    expect(await other.code).toBe(0);
    expect(other.said()).toMatch(/ {3}Zoe: hello\n/);
  }, 40_000);

  it('who is not in the file is told so', async () => {
    const nobody = chat(['mallory', '--once'], 'hello\n');

    expect(await nobody.code).toBe(1);
    expect(nobody.said()).toBe('relais-chat: no mallory among zoe, yan\n');
  });
}
