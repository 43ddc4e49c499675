import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../dist/heap-growth.js', import.meta.url));
/** Half of what it makes outlives the young generation; counted is how often V8 looked through everything. */
const PROGRAM = `
  const { letHeapGrow } = await import(process.argv[1]);
  const { PerformanceObserver, constants } = await import('node:perf_hooks');
  const { setImmediate: turn } = await import('node:timers/promises');
  if (process.argv[2] === 'grows') letHeapGrow();
  let major = 0;
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) major++;
  }).observe({ entryTypes: ['gc'] });
  const page = (n) => Array.from({ length: 10_000 }, (_, at) => ({ n, at }));
  const alive = Array.from({ length: 60 }, (_, n) => page(n));
  const passing = Array.from({ length: 20 }, (_, n) => page(n));
  for (let n = 0; n < 600; n++) {
    passing[n % passing.length] = page(n);
    if (n % 10 === 0) await turn();
  }
  await turn();
  console.log(alive.length + passing.length > 0 ? major : NaN);`;

const collections = (how: 'grows' | 'as it is'): number => {
  const options = ['--max-old-space-size=200', '--max-semi-space-size=1', '--input-type=module'];
  const { stdout } = spawnSync(process.execPath, [...options, '-e', PROGRAM, built, how], { encoding: 'utf8' });
  return Number(stdout);
};

describe('a heap that may grow', () => {
  it('is looked through far less often', () => {
    expect(collections('grows')).toBeLessThan(0.7 * collections('as it is'));
  });
});
