import { allPages } from './pages.js';
import { stalePages, writePages } from './write-pages.js';

/** `write` puts docs/reference in order; `check` ends with 1 when it is not. */
const run = async (command: string | undefined): Promise<number> => {
  const { pages, skipped } = await allPages();
  for (const reason of skipped) console.error(`kept as it is: ${reason}`);
  if (command === 'write') return (writePages(pages), 0);
  if (command !== 'check') return (console.error('usage: main.js write|check'), 2);
  const stale = stalePages(pages);
  for (const path of stale) console.error(`out of date: ${path} (npm run gen)`);
  return stale.length > 0 ? 1 : 0;
};

process.exitCode = await run(process.argv[2]);
