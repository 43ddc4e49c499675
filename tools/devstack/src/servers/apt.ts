import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const isRoot = () => process.getuid?.() === 0;
const hasProgram = (name: string) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;

/** Whether Debian packages can be installed here without asking anybody. */
export function canInstall(): boolean {
  if (!hasProgram('apt-get')) return false;
  return isRoot() || spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
}

/** Answers "do not start" to every package that wants to start its service. */
const POLICY = '/usr/sbin/policy-rc.d';
const NO_CLUSTER = '/etc/postgresql-common/createcluster.conf';

/**
 * Installs Debian packages without starting what they bring: the servers of this machine are nobody's business here.
 * @throws Error with apt's own words when it fails.
 */
export function installPackages(packages: readonly string[], say: (line: string) => void): void {
  say(`installing ${packages.join(', ')} with apt-get`);
  const ours = !existsSync(POLICY);
  if (ours) place(POLICY, '#!/bin/sh\nexit 101\n', '0755');
  if (!existsSync(NO_CLUSTER)) place(NO_CLUSTER, 'create_main_cluster = false\n', '0644');
  try {
    if (!apt(['install', ...packages]).ok) {
      apt(['update']);
      const second = apt(['install', ...packages]);
      if (!second.ok) throw new Error(`apt-get install ${packages.join(' ')} failed:\n${second.said}`);
    }
  } finally {
    if (ours) asRoot('rm', ['-f', POLICY]);
  }
}

function apt(args: string[]): { ok: boolean; said: string } {
  const options = [
    '-qq',
    '-y',
    '--no-install-recommends',
    '-o',
    'DPkg::Lock::Timeout=180',
    '-o',
    'Dpkg::Options::=--force-confold',
  ];
  const { status, stdout, stderr } = asRoot('env', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...options, ...args]);
  return { ok: status === 0, said: `${stdout}${stderr}`.trim().split('\n').slice(-12).join('\n') };
}

function asRoot(command: string, args: string[]) {
  const [program, ...rest] = isRoot() ? [command, ...args] : ['sudo', '-n', command, ...args];
  return spawnSync(program as string, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function place(path: string, content: string, mode: string): void {
  const directory = mkdtempSync(join(tmpdir(), 'relais-apt-'));
  const draft = join(directory, 'file');
  writeFileSync(draft, content);
  const { status, stderr } = asRoot('install', ['-D', '-m', mode, draft, path]);
  rmSync(directory, { recursive: true });
  if (status !== 0) throw new Error(`cannot write ${path}: ${stderr}`);
}
