import { allPages } from './pages.js';
import { stalePages, writePages } from './write-pages.js';

const say = (lines: readonly string[], prefix: string): void =>
  lines.forEach((line) => console.error(`${prefix}${line}`));

/** `write` puts docs/reference in order; `check` says what of it is not. Both end with 1 when something is not built. */
const run = async (command: string | undefined): Promise<number> => {
  if (command !== 'write' && command !== 'check') {
    say(['usage: node tools/reference/dist/main.js write|check'], '');
    return 2;
  }
  const { pages, skipped, unbuilt } = await allPages();
  const stale = command === 'check' ? stalePages(pages) : [];
  if (command === 'write') writePages(pages);
  say(skipped, 'kept as it is: ');
  say(unbuilt, 'not built: ');
  say(stale, 'out of date (npm run gen): ');
  return stale.length + unbuilt.length > 0 ? 1 : 0;
};

process.exitCode = await run(process.argv[2]);
