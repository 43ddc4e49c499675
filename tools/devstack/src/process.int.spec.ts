import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StartedProcess, eventually, isRunning, launch, signal, stop, waitUntilReady } from './process.js';
import { cpuSecondsOf, descendantsOf, readStat, usageOf } from './procfs.js';

describe('a started process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'relais-process-'));
  const logFile = join(directory, 'log');
  const started: StartedProcess[] = [];

  afterAll(async () => {
    for (const process of started) await stop(process, 0);
    rmSync(directory, { recursive: true });
  });

  function shell(script: string): StartedProcess {
    const process = launch({ name: 'example', command: '/bin/sh', args: ['-c', script], logFile });
    started.push(process);
    return process;
  }

  it('ends when it is asked to', async () => {
    const process = shell('exec sleep 60');

    await stop(process);

    expect(isRunning(process)).toBe(false);
  });

  it('is killed when it does not listen, even frozen', async () => {
    const process = shell(`trap '' TERM; while true; do sleep 0.05; done`);
    signal(process, 'SIGSTOP');

    await stop(process, 200);

    expect(isRunning(process)).toBe(false);
  });

  it('is never mistaken for another one that got its pid', async () => {
    const process = shell('exec sleep 60');
    const stale = { ...process, startTicks: process.startTicks - 1 };

    signal(stale, 'SIGKILL');
    await stop(stale, 100);

    expect(isRunning(stale)).toBe(false);
    expect(isRunning(process)).toBe(true);
  });

  it('is frozen together with its children', async () => {
    const process = shell('sleep 60 & wait');
    await eventually(() => descendantsOf(process.pid).length > 0, 5_000);
    const [child = 0] = descendantsOf(process.pid);

    signal(process, 'SIGSTOP');

    expect(await eventually(() => readStat(child)?.state === 'T', 5_000)).toBe(true);
    expect(readStat(process.pid)?.state).toBe('T');
    signal(process, 'SIGKILL');
    expect(await eventually(() => ['Z', undefined].includes(readStat(child)?.state), 5_000)).toBe(true);
  });

  it('shows the end of its log when it fails to start', async () => {
    const process = shell('echo cannot find my configuration; exit 1');

    await expect(waitUntilReady(process, async () => false, 5_000)).rejects.toThrow(
      /ended while starting[^]*cannot find my configuration/,
    );
    expect(readFileSync(logFile, 'utf8')).toContain('cannot find');
  });

  it('says last why a service did not start, in the words of its log', async () => {
    const failed = JSON.stringify({
      event: 'service.start_failed',
      error: { stack: 'at 1' },
      reason: 'Bad:\n  "NAME"',
    });
    const process = shell(`printf '%s\\n' '${failed}' '{"event":"service.stopped"}'; exit 1`);

    await expect(waitUntilReady(process, async () => false, 5_000)).rejects.toThrow(
      /service\.stopped"}\n {4}Bad:\n {6}"NAME"$/,
    );
  });

  it('shows the end of its log when it is not ready in time', async () => {
    const process = shell('exec sleep 60');
    appendFileSync(logFile, 'waiting for Godot\n');

    await expect(waitUntilReady(process, async () => false, 50)).rejects.toThrow(/not ready within 0.05 s[^]*Godot/);
  });

  it('is measured together with its children', async () => {
    const [alone, running] = [usageOf(process.pid), shell('while :; do :; done')];

    await eventually(() => (cpuSecondsOf([process.pid, running.pid])[1] ?? 0) > 0.1, 5_000);

    const [both = 0, child = 0, gone] = cpuSecondsOf([process.pid, running.pid, 2 ** 30]);
    expect(both).toBeGreaterThanOrEqual(alone.cpuSeconds + child);
    expect(gone).toBe(0);

    expect(alone.rssBytes).toBeGreaterThan(1e6);
    expect(alone.memoryBytes).toBeGreaterThan(1e6);
    expect(alone.cpuSeconds).toBeGreaterThan(0);
  });
});
