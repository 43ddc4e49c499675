import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { descendantsOf, readStat } from './procfs.js';

/** A process that outlives its starter. Pid and start time together are never used twice. */
export const startedProcess = z.object({
  name: z.string(),
  pid: z.int().positive(),
  startTicks: z.int().nonnegative(),
  logFile: z.string(),
  /** What asks it to end in good order. */
  stopSignal: z.enum(['SIGTERM', 'SIGINT']),
  /** The container behind this process, when it is an engine's client. */
  container: z.object({ engine: z.string(), name: z.string() }).optional(),
});
export type StartedProcess = z.infer<typeof startedProcess>;

export interface Launch {
  name: string;
  command: string;
  args: string[];
  logFile: string;
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
  user?: { uid: number; gid: number };
  stopSignal?: StartedProcess['stopSignal'];
  container?: StartedProcess['container'];
  /** Told of its end, where that comes before the end of its starter: its exit code, or the signal that ended it. */
  onEnd?: (code: number | null, signal: NodeJS.Signals | null) => void;
}

/** Starts a program in a session of its own; its output is appended to the log file. */
export function launch({
  name,
  command,
  args,
  logFile,
  cwd,
  env,
  user,
  stopSignal = 'SIGTERM',
  container,
  onEnd = () => undefined,
}: Launch): StartedProcess {
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(command, args, {
    cwd,
    env: env ?? process.env,
    ...user,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let problem: Error | undefined;
  child.on('error', (error) => (problem = error)).on('exit', onEnd);
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${name}: ${command}`, { cause: problem });
  const started = { name, pid, startTicks: readStat(pid)?.startTicks ?? 0, logFile, stopSignal };
  return container ? { ...started, container } : started;
}

/** Whether it is still this process: a zombie has ended, and a pid may have been given to another. */
export function isRunning({ pid, startTicks }: StartedProcess): boolean {
  const stat = readStat(pid);
  return stat !== undefined && stat.startTicks === startTicks && stat.state !== 'Z' && stat.state !== 'X';
}

/** What the kernel does to a process without asking it; its children are meant, too. */
const UNASKED: ReadonlySet<string> = new Set(['SIGKILL', 'SIGSTOP', 'SIGCONT']);

/**
 * Sends a signal to exactly this process; nothing happens when it has ended. Killing, freezing and waking reach its
 * children as well: a PostgreSQL of which only the first process is frozen goes on committing.
 */
export function signal(target: StartedProcess, name: NodeJS.Signals): void {
  if (!isRunning(target)) return;
  if (target.container) return signalContainer(target.container, name);
  const children = UNASKED.has(name) ? descendantsOf(target.pid) : [];
  for (const pid of [target.pid, ...children]) sendTo(pid, name);
}

/** The engine refuses when the container has ended a moment before its client; whoever waits for the end sees it. */
function signalContainer({ engine, name }: NonNullable<StartedProcess['container']>, signalName: string): void {
  spawnSync(engine, ['kill', '--signal', signalName, name], { stdio: 'ignore' });
}

function sendTo(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Asks it to end, and ends it after `deadlineMs`. A frozen process is woken first, or it could not hear. */
export async function stop(target: StartedProcess, deadlineMs = 25_000): Promise<void> {
  signal(target, target.stopSignal);
  signal(target, 'SIGCONT');
  if (await ended(target, deadlineMs)) return;
  signal(target, 'SIGKILL');
  if (!(await ended(target, 5_000))) throw new Error(`${target.name} (pid ${target.pid}) does not end`);
}

export const ended = (target: StartedProcess, deadlineMs: number): Promise<boolean> =>
  eventually(() => !isRunning(target), deadlineMs);

/** Asks every 25 ms until it is so, the deadline is over or nobody wants to know any more. */
export async function eventually(
  isSo: () => boolean | Promise<boolean>,
  deadlineMs: number,
  wanted?: AbortSignal,
): Promise<boolean> {
  const end = Date.now() + deadlineMs;
  while (!(await isSo())) {
    if (Date.now() > end || wanted?.aborted) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return true;
}

/** The last lines of a log, indented, to show with a failure; under them, to be found at once, why a service did not start. */
export function lastLines(path: string, count = 15): string {
  const lines = readOrEmpty(path).trimEnd().split('\n').slice(-count);
  if (lines.join('') === '') return '    (it has said nothing)';
  return [...lines, ...lines.slice(-LINES_OF_AN_END).flatMap(reasonIn).slice(-1)].map(indented).join('\n');
}

/** What a service writes when it cannot start: why, that it stops, that it has; a part of it that closes may have a word, too. */
const LINES_OF_AN_END = 5;

function reasonIn(line: string): string[] {
  const [, reason] = /^\{.*"event":"service\.start_failed".*"reason":("(?:[^"\\]|\\.)*")/.exec(line) ?? [];
  return reason ? [JSON.parse(reason) as string] : [];
}

const indented = (text: string): string => text.replaceAll(/^/gm, '    ');

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Waits until a started process is ready to work.
 * @throws Error with the end of its log when it ends before, or is not ready in time.
 */
export async function waitUntilReady(
  target: StartedProcess,
  isReady: () => Promise<boolean>,
  deadlineMs: number,
  wanted?: AbortSignal,
): Promise<void> {
  const isDecided = await eventually(async () => !isRunning(target) || (await isReady()), deadlineMs, wanted);
  if (isDecided && isRunning(target)) return;
  const what = isDecided ? 'ended while starting' : `was not ready within ${deadlineMs / 1000} s`;
  throw new Error(`${target.name} ${what}; the end of ${target.logFile}:\n${lastLines(target.logFile)}`);
}
