import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUser, fromSeed } from '@nats-io/nkeys';
import { testNats, type TestNats } from './servers.js';

export interface PrivateNats extends TestNats {
  stop(): Promise<void>;
}

/** Where Debian puts it is not on everybody's PATH. */
const PROGRAMS = ['nats-server', '/usr/sbin/nats-server', '/usr/local/sbin/nats-server'];

/**
 * A NATS server with a stream, of this test file alone: two tests that both answer for a service would answer each other's
 * requests. Whoever has no key stays out, such as a service whose own server stood at this port before. Without the program
 * on the machine it is the shared server, or one in a container.
 */
export async function privateNats(seed = newSeed()): Promise<PrivateNats> {
  const folder = mkdtempSync(join(tmpdir(), 'relais-nats-'));
  const user = fromSeed(new TextEncoder().encode(seed));
  const configuration = join(folder, 'nats.conf');
  writeFileSync(configuration, `authorization { users: [{ nkey: ${user.getPublicKey()} }] }`);
  for (const program of PROGRAMS) {
    const place = ['-a', '127.0.0.1', '-p', '-1', '--ports_file_dir', folder];
    const args = ['-c', configuration, ...place, '-js', '-sd', join(folder, 'data')];
    const server = spawn(program, args, { stdio: 'ignore' });
    const isThere = await new Promise<boolean>((resolve) => {
      server.once('spawn', () => resolve(true)).once('error', () => resolve(false));
    });
    if (isThere) return { url: await urlIn(folder), seed, stop: () => stop(server, folder) };
  }
  rmSync(folder, { recursive: true });
  return { ...testNats(), stop: async () => undefined };
}

const newSeed = (): string => new TextDecoder().decode(createUser().getSeed());

async function stop(server: ChildProcess, folder: string): Promise<void> {
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  await exited;
  rmSync(folder, { recursive: true, force: true });
}

async function urlIn(folder: string): Promise<string> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const file = readdirSync(folder).find((name) => name.endsWith('.ports'));
    const text = file ? readFileSync(join(folder, file), 'utf8') : '';
    if (text.endsWith('}')) return (JSON.parse(text) as { nats: [string] }).nats[0];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('nats-server did not say its port');
}
