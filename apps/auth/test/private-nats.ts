import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testNats, type TestNats } from '@relais/testing';

export interface PrivateNats extends TestNats {
  stop(): Promise<void>;
}

/**
 * A NATS server of this test file alone. Requests to a service go to whichever replica there is, so two tests that both start
 * one would answer for each other. Without the program on the machine it is the shared server.
 */
export async function privateNats(): Promise<PrivateNats> {
  const folder = mkdtempSync(join(tmpdir(), 'relais-nats-'));
  const args = ['-a', '127.0.0.1', '-p', '-1', '-js', '-sd', folder, '--ports_file_dir', folder];
  const server = spawn('nats-server', args, { stdio: 'ignore' });
  const isThere = await new Promise<boolean>((resolve) => {
    server.once('spawn', () => resolve(true));
    server.once('error', () => resolve(false));
  });
  if (!isThere) return { ...(await testNats()), stop: async () => rmSync(folder, { recursive: true }) };
  const stop = () =>
    new Promise<void>((resolve) => {
      server.once('exit', () => {
        rmSync(folder, { recursive: true, force: true });
        resolve();
      });
      server.kill('SIGTERM');
    });
  return { url: await urlIn(folder), seed: undefined, stop };
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
