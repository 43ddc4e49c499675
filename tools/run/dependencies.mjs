import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { Failure, at, run, say } from './shell.mjs';

const stamp = at('node_modules', '.relais-install');

/**
 * Installs what package-lock.json says, when node_modules is missing or holds something else. What a plain
 * `npm install` has left is accepted when it agrees with the lock: nothing is deleted under a running program.
 */
export async function ensureDependencies() {
  const lock = readFileSync(at('package-lock.json'), 'utf8');
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const { packages } = JSON.parse(lock);
  if (isInstalled(packages)) linkProjects(packages);
  else await install();
  writeFileSync(stamp, wanted);
}

/** Compares the lock with the one that npm keeps of what it has installed. */
function isInstalled(packages) {
  const kept = at('node_modules', '.package-lock.json');
  if (!existsSync(kept)) return false;
  const installed = JSON.parse(readFileSync(kept, 'utf8')).packages;
  return Object.entries(packages).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/')) return Object.keys(wanted.bin ?? {}).every(isLinked);
    return wanted.optional || wanted.devOptional || installed[path]?.version === wanted.version;
  });
}

/** Makes the links that npm would make for projects which have come since it ran: that alone is no reason to install anew. */
function linkProjects(packages) {
  for (const [path, { link, resolved }] of Object.entries(packages)) {
    if (!link || existsSync(at(path))) continue;
    mkdirSync(dirname(at(path)), { recursive: true });
    symlinkSync(relative(dirname(at(path)), at(resolved)), at(path));
  }
}

/** Programs of our own packages are links that npm makes. */
const isLinked = (program) => existsSync(at('node_modules', '.bin', program));

async function install() {
  say('installing dependencies (npm ci): about a minute the first time');
  const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error']);
  if (code !== 0) throw new Failure('npm ci failed: see above', code);
}
