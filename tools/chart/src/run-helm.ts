import { spawn } from 'node:child_process';
import { HELM, workspace } from './helm.js';

/**
 * Runs helm against an API server, from the root of the checkout. Not the synchronous way: the server may be in this process.
 * @throws Error with helm's words
 */
export function runHelm(args: readonly string[], { url, home }: { url: string; home: string }): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: home };
  const child = spawn(HELM, [...args, '--kube-apiserver', url], {
    cwd: workspace,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  return new Promise((resolve, reject) =>
    child.on('error', reject).on('close', (code) => (code === 0 ? resolve(said) : reject(new Error(said)))),
  );
}
