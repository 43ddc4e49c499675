import { spawnSync } from 'node:child_process';

const loadsClient = (before: string): string => {
  const program = `${before}
    await import('node:http');
    console.log(process.moduleLoadList.some((name) => name.includes('undici/undici')));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  return stderr + stdout.trim();
};

describe('node:http as an ES module', () => {
  it('loads a client that nobody asked for', () => {
    expect(loadsClient('')).toBe('true');
  });

  it('leaves it alone after lean-http, and fetch is there all the same', () => {
    expect(loadsClient(`await import('./lean-http.ts');`)).toBe('false');
    expect(loadsClient(`await import('./lean-http.ts'); await fetch('data:,').catch(() => 0);`)).toBe('true');
  });
});
