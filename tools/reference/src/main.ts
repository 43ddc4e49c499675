import { allPages } from './pages.js';
import { BASELINE, brokenSince, fixturePages, lastRelease, VERSION } from './release/fixture.js';
import { stalePages, writePages } from './write-pages.js';

const USAGE = `usage: node tools/reference/dist/main.js write|check|release <version, or ${BASELINE}>`;

const say = (lines: readonly string[], prefix: string): void =>
  lines.forEach((line) => console.error(`${prefix}${line}`));

/**
 * `write` puts docs/reference in order; `check` says what of it is not, and what the last release would miss. Both end with 1
 * when something is not built. `release` keeps the contracts and schemas of this checkout as those of a release.
 */
const run = async (command: string | undefined, release: string | undefined): Promise<number> => {
  if (command === 'release' && release && (VERSION.test(release) || release === BASELINE)) return keep(release);
  if (command !== 'write' && command !== 'check') {
    say([USAGE], '');
    return 2;
  }
  const { pages, skipped, unbuilt } = await allPages();
  const stale = command === 'check' ? stalePages(pages) : [];
  if (command === 'write') writePages(pages);
  const broken = command === 'check' ? brokenSince() : [];
  say(skipped, 'kept as it is: ');
  say(unbuilt, 'not built: ');
  say(stale, 'out of date (npm run gen): ');
  say(broken, `not compatible with ${lastRelease()} (docs/releases/README.md): `);
  return stale.length + unbuilt.length + broken.length > 0 ? 1 : 0;
};

const keep = (release: string): number => {
  writePages(fixturePages(release));
  return 0;
};

process.exitCode = await run(process.argv[2], process.argv[3]);
