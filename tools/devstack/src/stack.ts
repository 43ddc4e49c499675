import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from './json-file.js';
import { withLock } from './lock.js';
import { STACKS, isStackName, makeStackDirectory, sharedDirectory, stackDirectory } from './paths.js';
import { freePort } from './ports.js';
import { type Launch, type StartedProcess, isRunning, launch, startedProcess, stop } from './process.js';

const state = z.object({
  /** Kept from run to run, so that addresses stay. */
  ports: z.record(z.string(), z.int()),
  processes: z.array(startedProcess),
  /** What was put outside of the stack's directory. */
  dataDirectories: z.array(z.string()),
});

/**
 * One private set of servers and services under `.devstack/<name>/`: its ports, its processes, its logs.
 * `run.json` remembers what was started, and only that is ever stopped.
 */
export class Stack {
  readonly directory: string;
  private readonly state: z.infer<typeof state>;

  private constructor(readonly name: string) {
    this.directory = makeStackDirectory(name);
    this.state = readJson(this.stateFile, state) ?? { ports: {}, processes: [], dataDirectories: [] };
  }

  static open(name: string): Stack {
    return new Stack(name);
  }

  /** Opens the stack, alone: other commands on it wait for the end of `work`. */
  static async exclusively<Result>(name: string, work: (stack: Stack) => Promise<Result>): Promise<Result> {
    const directory = makeStackDirectory(name);
    return withLock(join(directory, 'lock'), () => work(new Stack(name)));
  }

  static exists(name: string): boolean {
    return existsSync(stackDirectory(name));
  }

  static names(): string[] {
    if (!existsSync(STACKS)) return [];
    const entries = readdirSync(STACKS, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && isStackName(entry.name)).map((entry) => entry.name);
  }

  /** The port of this name: the one it had before, or a free one. */
  async port(name: string): Promise<number> {
    const port = (this.state.ports[name] ??= await freePort());
    this.save();
    return port;
  }

  /** Gives up a port that somebody else has taken meanwhile. */
  forgetPort(name: string): void {
    delete this.state.ports[name];
    this.save();
  }

  logFile(name: string): string {
    return join(this.directory, 'logs', `${name}.log`);
  }

  /** A place that servers under another OS user can reach; it is removed by `purge`. */
  sharedDirectory(): string {
    const directory = sharedDirectory(this.name);
    if (directory !== this.directory && !this.state.dataDirectories.includes(directory)) {
      this.state.dataDirectories.push(directory);
      this.save();
    }
    return directory;
  }

  start(spec: Omit<Launch, 'logFile'>): StartedProcess {
    const started = launch({ ...spec, logFile: this.logFile(spec.name) });
    this.state.processes = [...this.state.processes.filter(({ name }) => name !== spec.name), started];
    this.save();
    return started;
  }

  /** What was started last under this name, running or not. */
  find(name: string): StartedProcess | undefined {
    return this.state.processes.find((process) => process.name === name);
  }

  running(name: string): StartedProcess | undefined {
    const found = this.find(name);
    return found && isRunning(found) ? found : undefined;
  }

  get processes(): readonly StartedProcess[] {
    return this.state.processes;
  }

  async stop(name: string, deadlineMs?: number): Promise<void> {
    const found = this.running(name);
    if (found) await stop(found, deadlineMs);
    // Meanwhile somebody else may have started it again.
    this.state.processes = this.state.processes.filter((process) => process.name !== name || isRunning(process));
    this.save();
  }

  /** Deletes all data, logs and secrets. Whatever runs must have been stopped. */
  purge(): void {
    for (const directory of [...this.state.dataDirectories, this.directory])
      rmSync(directory, { recursive: true, force: true });
  }

  private get stateFile(): string {
    return join(this.directory, 'run.json');
  }

  private save(): void {
    writeJson(this.stateFile, this.state);
  }
}
