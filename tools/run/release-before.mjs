import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure, at, run, say } from './shell.mjs';

const RELEASES = 'docs/releases';

/**
 * The release before as a checkout of its own that is built, for its services to run on the tables of this one. Made once for each
 * commit, outside of this checkout, which takes two minutes; without the history there is none.
 *
 * @returns its folder, or why there is none
 */
export async function releaseBefore() {
  const commit = commitOf(lastRelease());
  if (!commit) return { why: 'git or the history of the last release is not here' };
  const folder = join(tmpdir(), `relais-before-${process.getuid()}`, commit);
  if (!existsSync(folder)) await build(commit, folder);
  return { folder };
}

/** The highest version; `unreleased` stands for it before there is one. See docs/releases/README.md. */
function lastRelease() {
  const folders = readdirSync(at(RELEASES), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const versions = folders.map(({ name }) => name).filter((name) => /^\d/.test(name));
  return versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? 'unreleased';
}

/** What a release promised is in the commit that is tagged, and never changes after it. */
function commitOf(release) {
  if (git('rev-parse', '--is-shallow-repository') !== 'false') return undefined;
  return git('log', '-1', '--format=%H', '--', `${RELEASES}/${release}`) || undefined;
}

function git(...args) {
  const { status, stdout } = spawnSync('git', args, {
    cwd: at(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Whoever makes the same one meanwhile does no harm: it counts under its name only when it is whole. */
async function build(commit, folder) {
  say(`building the release before (${commit.slice(0, 12)}): about two minutes`);
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  const making = mkdtempSync(`${folder}-`);
  try {
    await step('sh', ['-c', `git archive ${commit} | tar -x -C '${making}'`]);
    await step('node', [join(making, 'tools/run.mjs'), 'build']);
    if (!existsSync(folder)) renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

async function step(command, args) {
  const code = await run(command, args, { stdio: ['ignore', 2, 2] });
  if (code !== 0) throw new Failure(`the release before cannot be built: ${command} ${args[0]} failed`, code);
}
