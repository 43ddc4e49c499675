import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const DEVSTACK = join(import.meta.dirname, '..', '..', '..', '.devstack');
const KEPT = join(DEVSTACK, 'faketime');
const LIBRARY = 'usr/lib/*/faketime/libfaketime.so.1';

/**
 * Where libfaketime is: of this machine, or out of Debian's package, which is unpacked into the checkout and not installed.
 * Undefined where there is neither.
 */
export function findFaketime(): string | undefined {
  const [installed] = globSync(`/${LIBRARY}`);
  if (installed) return installed;
  if (!existsSync(KEPT)) unpack();
  return globSync(join(KEPT, LIBRARY))[0];
}

export const noFaketime = (): string | undefined =>
  findFaketime() ? undefined : 'libfaketime is neither here nor in a Debian package';

/** Renamed into place when complete, so that two runs at once do not meet half a file. */
function unpack(): void {
  if (spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0) return;
  mkdirSync(DEVSTACK, { recursive: true });
  const draft = mkdtempSync(join(DEVSTACK, 'faketime-'));
  try {
    const get = () => spawnSync('apt-get', ['-qq', 'download', 'libfaketime'], { cwd: draft, stdio: 'ignore' }).status;
    const update = () => spawnSync('apt-get', ['-qq', 'update'], { stdio: 'ignore' }).status;
    if (get() !== 0 && (update() !== 0 || get() !== 0)) return;
    const [deb = ''] = globSync('*.deb', { cwd: draft });
    execFileSync('dpkg-deb', ['-x', join(draft, deb), join(draft, 'out')]);
    if (!existsSync(KEPT)) renameSync(join(draft, 'out'), KEPT);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
