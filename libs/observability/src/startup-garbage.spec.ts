import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../dist/startup-garbage.js', import.meta.url));
const PROGRAM = `
  const { collectStartupGarbage } = await import(process.argv[1]);
  let left = Array.from({ length: 200_000 }, (_, n) => ({ n, text: 'left behind ' + n }));
  const before = process.memoryUsage.rss();
  left = undefined;
  collectStartupGarbage();
  console.log(before - process.memoryUsage.rss());`;

describe('what starting has left behind', () => {
  it('is given back to the system', () => {
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM, built], { encoding: 'utf8' });

    expect(Number(stdout)).toBeGreaterThan(5 * 1_024 ** 2);
  });
});
