import { type StartedProcess, ended, isRunning, lastLines, signal, waitUntilReady } from '../process.js';
import { cpuSecondsOf, type Usage, usageOf } from '../procfs.js';
import { secretsOf } from '../secrets.js';
import { BACKINGS } from '../servers/source.js';
import { type Servers, isBacking, restartServer, startServers } from '../servers/servers.js';
import { bindToProcess, dropOrphans } from '../owner.js';
import { ROOT } from '../paths.js';
import { accepts } from '../ports.js';
import { Stack } from '../stack.js';
import { type ClusterOptions, replicasOf } from './cluster-options.js';
import { DATABASE_SERVICES, type DatabaseService, type DatabaseUrls, provisionAll } from './provision.js';
import { type Replica, type Surroundings, environmentOf, internalPortName, migrate, programOf } from './replica.js';
import { stopStack } from './stop-stack.js';

const READY_DEADLINE_MS = 60_000;

/**
 * A whole Relais on loopback: servers, migrated databases, replicas, each a process of its own with a log file and a
 * name (`postgres`, `nats`, `redis`, `auth-1`, `gateway-2`). Processes outlive this object and its process; opening the
 * same stack again finds them. Methods that take a name throw when there is none such.
 */
export class Cluster {
  /** Processes that were told to end, by pid and start. */
  private readonly askedToEnd = new Set<string>();

  private constructor(
    private readonly surroundings: Surroundings,
    private readonly options: ClusterOptions,
  ) {}

  /** Starts whatever of it does not run yet and waits until every replica is ready. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    await dropOrphans();
    return Stack.exclusively(options.name, (stack) => Cluster.startIn(stack, options));
  }

  /** Like `start`, for who holds the stack already. A temporary one that fails to start leaves nothing behind. */
  static async startIn(stack: Stack, options: ClusterOptions): Promise<Cluster> {
    try {
      return await Cluster.startAll(stack, options);
    } catch (error) {
      if (options.isTemporary) {
        await stopStack(stack);
        stack.purge();
      }
      throw error;
    }
  }

  private static async startAll(stack: Stack, options: ClusterOptions): Promise<Cluster> {
    const say = options.say ?? (() => undefined);
    if (options.isTemporary) bindToProcess(stack, process.pid);
    const servers = await startServers(stack, options);
    say('servers are up: PostgreSQL, NATS, Redis');
    const databases = await provisionAll(stack, servers.postgresUrl);
    const cluster = new Cluster({ stack, servers, databases, secrets: secretsOf(stack.name) }, options);
    if (!cluster.replicas.every(({ name }) => stack.running(name))) {
      await Promise.all(DATABASE_SERVICES.map((service) => migrate(service, databases[service])));
      say('databases are migrated');
    }
    await cluster.startReplicas();
    say(`ready: ${cluster.replicas.map(({ name }) => name).join(', ')}`);
    return cluster;
  }

  get servers(): Servers {
    return this.surroundings.servers;
  }

  /** How a service reaches its databases, as owner and as application. */
  databases(service: DatabaseService): DatabaseUrls {
    return this.surroundings.databases[service];
  }

  get bootstrapToken(): string {
    return this.surroundings.secrets.bootstrapToken;
  }

  get replicas(): Replica[] {
    return replicasOf(this.options);
  }

  /** Every process there should be. */
  get names(): string[] {
    return [...BACKINGS, ...this.replicas.map(({ name }) => name)];
  }

  /** Public addresses, `http://127.0.0.1:<port>`, one per gateway. */
  async gatewayUrls(): Promise<string[]> {
    const gateways = this.replicas.filter(({ service }) => service === 'gateway');
    return Promise.all(gateways.map(async ({ name }) => `http://127.0.0.1:${await this.stack.port(name)}`));
  }

  /** Where a replica answers /livez, /readyz and /metrics. */
  async internalUrl(name: string): Promise<string> {
    return `http://127.0.0.1:${await this.stack.port(internalPortName(this.replica(name).name))}`;
  }

  logFile(name: string): string {
    return this.stack.logFile(name);
  }

  lastLines(name: string, count?: number): string {
    return lastLines(this.logFile(name), count);
  }

  pid(name: string): number {
    return this.process(name).pid;
  }

  isRunning(name: string): boolean {
    const found = this.stack.find(name);
    return found !== undefined && isRunning(found);
  }

  /** Whether a replica says that it takes work, and a gateway really listens. */
  async isReady(name: string): Promise<boolean> {
    const signal = AbortSignal.timeout(3_000);
    const response = await fetch(`${await this.internalUrl(name)}/readyz`, { signal }).catch(() => undefined);
    await response?.body?.cancel();
    if (!response?.ok) return false;
    return this.replica(name).service !== 'gateway' || accepts(await this.stack.port(name));
  }

  /** Memory and CPU time of a process with its children; zeros when it has ended. */
  usage(name: string): Usage {
    return this.isRunning(name)
      ? usageOf(this.pid(name))
      : { memoryBytes: 0, sharedBytes: 0, rssBytes: 0, cpuSeconds: 0 };
  }

  /** CPU time of each process that runs, with its children, by name. Unlike `usage` it may be asked while something is measured. */
  cpuSeconds(): Record<string, number> {
    const running = this.names.filter((name) => this.isRunning(name));
    const seconds = cpuSecondsOf(running.map((name) => this.pid(name)));
    return Object.fromEntries(running.map((name, index) => [name, seconds[index] ?? 0]));
  }

  /** Sends a signal: SIGKILL ends, SIGSTOP freezes, SIGCONT wakes. Resolves when a killed process is gone. */
  async kill(name: string, signalName: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const target = this.process(name);
    if (signalName === 'SIGKILL') this.askedToEnd.add(idOf(target));
    signal(target, signalName);
    if (signalName === 'SIGKILL' && !(await ended(target, 5_000))) throw new Error(`${name} survived SIGKILL`);
  }

  /** Asks a process to end and waits for it; kills it after the deadline. */
  async stop(name: string, deadlineMs?: number): Promise<void> {
    const target = this.process(name);
    this.askedToEnd.add(idOf(target));
    await this.stack.stop(target.name, deadlineMs);
  }

  /** Starts a process that does not run, on its old ports, and waits until it is ready or no longer `wanted`. */
  async startProcess(name: string, wanted?: AbortSignal): Promise<void> {
    if (isBacking(name)) return restartServer(this.stack, name, this.options);
    const replica = this.replica(name);
    const running = this.stack.running(name);
    const started = running ?? (await this.launch(replica));
    await this.waitUntilReady(started, wanted);
  }

  /** Ends a process, in good order when it still runs, and starts it again. */
  async restart(name: string): Promise<void> {
    if (this.isRunning(name)) await this.stop(name);
    await this.startProcess(name);
  }

  /** Waits until a replica takes work. @throws Error with the end of its log. */
  async whenReady(name: string): Promise<void> {
    await this.waitUntilReady(this.process(name));
  }

  /** Ends everything, services before servers. With `purge`, deletes data, logs and secrets too. */
  async close({ purge = false } = {}): Promise<void> {
    for (const target of this.stack.processes) this.askedToEnd.add(idOf(target));
    await stopStack(this.stack);
    if (purge) this.stack.purge();
  }

  private get stack(): Stack {
    return this.surroundings.stack;
  }

  private async launch(replica: Replica): Promise<StartedProcess> {
    const usual = await environmentOf(replica, this.surroundings);
    const env = { ...usual, ...this.options.env?.(replica, usual) };
    const checkout = this.options.isOfThisCheckout?.(replica) ? ROOT : undefined;
    const args = [...(this.options.nodeArgs ?? []), programOf(replica.service, 'main', checkout)];
    const started: StartedProcess = this.stack.start({
      ...{ name: replica.name, command: process.execPath, args, env },
      onEnd: (code, signal) => this.ended(started, code, signal),
    });
    return started;
  }

  private ended(target: StartedProcess, code: number | null, signal: NodeJS.Signals | null): void {
    const wasAsked = this.askedToEnd.delete(idOf(target));
    const { name, pid, logFile } = target;
    this.options.onEnd?.({ name, pid, code, signal, wasAsked, lastLines: lastLines(logFile, 5) });
  }

  /** All at once, for none may need another to be there first; the first that fails ends the waiting for the others. */
  private async startReplicas(): Promise<void> {
    const waiting = new AbortController();
    const starts = this.replicas.map(({ name }) => this.startProcess(name, waiting.signal));
    await Promise.all(starts).finally(() => waiting.abort());
  }

  private async waitUntilReady(started: StartedProcess, wanted?: AbortSignal): Promise<void> {
    const deadlineMs = this.options.readyDeadlineMs ?? READY_DEADLINE_MS;
    await waitUntilReady(started, () => this.isReady(started.name), deadlineMs, wanted);
  }

  private replica(name: string): Replica {
    const found = this.replicas.find((replica) => replica.name === name);
    if (!found)
      throw new Error(`there is no replica ${name}; there are ${this.replicas.map((one) => one.name).join(', ')}`);
    return found;
  }

  private process(name: string): StartedProcess {
    const found = this.stack.find(name);
    if (!found) throw new Error(`${name} was not started; known are ${this.names.join(', ')}`);
    return found;
  }
}

const idOf = ({ pid, startTicks }: StartedProcess): string => `${pid}/${startTicks}`;
