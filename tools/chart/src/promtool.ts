import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { workspace } from './helm.js';

const KEPT = join(workspace, '.devstack', 'prometheus');
const EXTRACTED = join(KEPT, 'usr', 'bin', 'promtool');

/**
 * Where promtool is: on the path, or out of Debian's package of Prometheus, which is unpacked into the checkout and not
 * installed. Null where there is neither.
 */
export function findPromtool(): string | null {
  if (spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0) return 'promtool';
  if (!existsSync(EXTRACTED)) unpack();
  return existsSync(EXTRACTED) ? EXTRACTED : null;
}

/** Renamed into place when complete, so that two runs at once do not meet half a file. */
function unpack(): void {
  if (spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0) return;
  mkdirSync(join(workspace, '.devstack'), { recursive: true });
  const draft = mkdtempSync(join(workspace, '.devstack', 'prometheus-'));
  try {
    if (!download(draft)) return;
    const [deb = ''] = readdirSync(draft).filter((name) => name.endsWith('.deb'));
    execFileSync('dpkg-deb', ['-x', join(draft, deb), join(draft, 'out')]);
    if (!existsSync(KEPT)) renameSync(join(draft, 'out'), KEPT);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function download(cwd: string): boolean {
  const get = () => spawnSync('apt-get', ['-qq', 'download', 'prometheus'], { cwd, stdio: 'ignore' }).status === 0;
  return get() || (spawnSync('apt-get', ['-qq', 'update'], { stdio: 'ignore' }).status === 0 && get());
}

/** What promtool says to a file, and whether it is content. */
export function promtool(program: string, args: readonly string[]): { ok: boolean; said: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { ok: status === 0, said: `${stdout}${stderr}` };
}
