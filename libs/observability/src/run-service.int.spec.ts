import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';

describe('a service in its process', () => {
  const lib = join(import.meta.dirname, '..');

  beforeAll(() => {
    const compiler = join(lib, '../../node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [compiler, '-b', lib]);
  }, 60_000);

  interface Line {
    event: string;
    level: string;
    step?: string;
  }

  /** Runs it, sends these signals when it says `until`, and waits for its end. */
  async function run(what: string, signals: NodeJS.Signals[] = [], until = 'service.started') {
    const child = spawn(process.execPath, [join(lib, 'test/service.mjs'), what], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors, isSignalled] = ['', '', false];
    child.stdout.on('data', (data) => {
      output += String(data);
      if (isSignalled || !output.includes(until)) return;
      isSignalled = true;
      for (const signal of signals) child.kill(signal);
    });
    child.stderr.on('data', (data) => (errors += String(data)));
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    const lines = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    const closed = lines.filter(({ event }) => event === 'closed').map(({ step }) => step);
    return { code, signal, lines, closed, errors };
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('ends by itself with 0 after %s', async (signal) => {
    const { code, closed, errors } = await run('good', [signal]);

    expect({ code, closed, errors }).toEqual({ code: 0, closed: ['third', 'second', 'first'], errors: '' });
  });

  it('lets go once, in order, when it is asked twice', async () => {
    const { code, signal, closed } = await run('good', ['SIGTERM', 'SIGTERM', 'SIGINT']);

    expect({ code, signal, closed }).toEqual({ code: 0, signal: null, closed: ['third', 'second', 'first'] });
  });

  it('ends with 1 and one error line when it cannot start, and lets go of what it had', async () => {
    const { code, lines, closed, errors } = await run('failing');

    expect(code).toBe(1);
    expect(lines.filter(({ level }) => level === 'error')).toMatchObject([
      { event: 'service.start_failed', reason: 'cannot\nstart' },
    ]);
    expect(closed).toEqual(['first']);
    expect(errors).toBe('');
  });

  it('ends with 1 when letting go takes too long', async () => {
    const { code, lines } = await run('stuck', ['SIGTERM']);

    expect(code).toBe(1);
    expect(lines.at(-1)).toMatchObject({ event: 'service.stop_deadline_passed' });
  });

  it('lets go of what opens after it was asked to stop', async () => {
    const { code, closed } = await run('slow', ['SIGTERM'], 'starting');

    expect({ code, closed }).toEqual({ code: 0, closed: ['late'] });
  });

  it('lets go and ends with 1 after a forgotten failure', async () => {
    const { code, lines, closed } = await run('broken');

    expect(code).toBe(1);
    expect(closed).toEqual(['first']);
    expect(lines.find(({ level }) => level === 'error')).toMatchObject({ event: 'process.unhandled_rejection' });
  });

  it.each([
    ['is looked at once more at its end, where that counted something', 1, true],
    ['does not wait at its end for who never looked', 0, false],
    ['does not wait for a last look longer than it may', 1, false],
  ])('%s', async (_, looksBefore, isLookedAtAgain) => {
    const port = await freePort();
    const child = spawn(process.execPath, [join(lib, 'test/counts-at-its-end.mjs'), String(port)]);
    child.stderr.pipe(process.stderr);
    await saying(child, 'service.started');
    for (let look = 0; look < looksBefore; look++) expect(await metricsOf(port)).toContain('relais_ends_total 0');
    const ended = once(child, 'close');
    const askedAt = performance.now();

    child.kill('SIGTERM');
    await saying(child, 'service.stopping');
    await pause(300);
    if (isLookedAtAgain) expect(await metricsOf(port)).toContain('relais_ends_total 1');

    expect(await ended).toEqual([0, null]);
    const seconds = (performance.now() - askedAt) / 1_000;
    expect(seconds).toBeGreaterThan(looksBefore > 0 && !isLookedAtAgain ? 2.5 : 0);
    expect(seconds).toBeLessThan(looksBefore > 0 && !isLookedAtAgain ? 4 : 2);
  });

  it('is alive again after it was paused for long: nothing is restarted for that', async () => {
    const child = spawn(process.execPath, [join(lib, 'test/internal-server.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    const livez = () => statusOf(Number(port), '/livez');
    await pause(500);

    child.kill('SIGSTOP');
    await pause(10_800);
    child.kill('SIGCONT');
    await pause(500);
    const first = await livez();
    const second = await livez();
    child.kill('SIGKILL');

    expect([first, second]).toEqual([503, 200]);
  }, 30_000);
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function saying(child: ChildProcessWithoutNullStreams, event: string): Promise<void> {
  for await (const [data] of on(child.stdout, 'data')) if (String(data).includes(event)) return;
}

const metricsOf = async (port: number): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } })).text();

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const statusOf = (port: number, path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
