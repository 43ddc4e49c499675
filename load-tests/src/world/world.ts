import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Cluster, type ClusterOptions } from '@relais/devstack';
import type { ServiceName } from '@relais/contracts';
import { Endings } from './endings.js';
import { People } from './people.js';
import { pause } from './random.js';

export interface WorldOptions extends Pick<ClusterOptions, 'name' | 'postgresDataDirectory' | 'say'> {
  replicas?: number;
  /** Default as many as of the other services. */
  gateways?: number;
  env?: Readonly<Record<string, string>>;
}

const READY_WITHIN_MS = 30_000;

/** What is loaded into the replicas of a service before they start: fault points, or planted bugs. */
export type Preloads = Partial<Record<ServiceName, { module?: string; env?: Readonly<Record<string, string>> }>>;

/** A running cluster with people in it, whose replicas can be started again with something planted in them. */
export class World {
  private preloads: Preloads = {};
  private readonly envOfReplica = new Map<string, Readonly<Record<string, string>>>();
  private readonly upgraded = new Set<string>();
  /** Who is not to be started again, and who was started with more in its environment, until calm. */
  private readonly resting = new Set<string>();
  private readonly envOfWoken = new Map<string, Readonly<Record<string, string>>>();
  private supervising = false;
  private supervisor: Promise<void> | undefined;
  cluster!: Cluster;
  people!: People;
  /** Of another organization, who are to know nothing of the first. */
  neighbours!: People;
  /** Times the supervisor started a replica again that had ended by itself. */
  restarts = 0;
  readonly endings = new Endings();

  private constructor(private readonly options: WorldOptions) {}

  static async start(options: WorldOptions): Promise<World> {
    const world = new World(options);
    const replicas = options.replicas ?? 2;
    const secondToken = randomBytes(24).toString('base64url');
    world.cluster = await Cluster.start({
      name: options.name,
      replicas: { auth: replicas, messaging: replicas, alerting: replicas, gateway: options.gateways ?? replicas },
      isTemporary: true,
      ...(options.say ? { say: options.say } : {}),
      ...(options.postgresDataDirectory ? { postgresDataDirectory: options.postgresDataDirectory } : {}),
      env: ({ service, name }, usual) => ({
        ...world.envOf(service, name),
        ...(usual.BOOTSTRAP_TOKEN ? { BOOTSTRAP_TOKEN: `${usual.BOOTSTRAP_TOKEN},${secondToken}` } : {}),
      }),
      onEnd: (ending) => world.endings.heard(ending),
      isOfThisCheckout: ({ name }) => world.upgraded.has(name),
    });
    world.people = await People.found(world.cluster, 'harness', world.cluster.bootstrapToken);
    world.neighbours = await People.found(world.cluster, 'neighbours', secondToken);
    return world;
  }

  /** The gateways that run, by address. */
  async gateways(): Promise<string[]> {
    const urls = await this.cluster.gatewayUrls();
    const names = this.cluster.replicas.filter(({ service }) => service === 'gateway').map(({ name }) => name);
    return urls.filter((_, index) => this.cluster.isRunning(names[index] as string));
  }

  /** Starts the replicas of the services concerned again, with these plants and without the ones before. */
  async plant(preloads: Preloads): Promise<void> {
    const before = Object.keys(this.preloads) as ServiceName[];
    this.preloads = preloads;
    const concerned = new Set([...before, ...(Object.keys(this.preloads) as ServiceName[])]);
    for (const { name, service } of this.cluster.replicas) if (concerned.has(service)) await this.restart(name);
  }

  /** Starts one replica again with more in its environment. @returns starts it again as it was */
  async withEnv(name: string, env: Readonly<Record<string, string>>): Promise<() => Promise<void>> {
    this.envOfReplica.set(name, env);
    await this.restart(name);
    return async () => {
      this.envOfReplica.delete(name);
      await this.restart(name);
    };
  }

  /** Ends one replica in good order, for the supervisor to start it from this checkout, or from that of RELAIS_SERVICES_OF again. */
  async roll(name: string, isUpgraded: boolean): Promise<void> {
    if (isUpgraded) this.upgraded.add(name);
    else this.upgraded.delete(name);
    await this.cluster.stop(name);
    const deadline = performance.now() + READY_WITHIN_MS;
    while (!(await this.cluster.isReady(name))) {
      if (performance.now() > deadline) throw new Error(`${name} is not ready again:\n${this.cluster.lastLines(name)}`);
      await pause(100);
    }
  }

  /** Ends one replica in good order, for nobody to start it again before `wake` or `calm`. */
  async rest(name: string, deadlineMs?: number): Promise<void> {
    this.resting.add(name);
    await this.cluster.stop(name, deadlineMs);
  }

  /** Starts one that rests, with this in its environment, and waits until it is ready. */
  async wake(name: string, env: Readonly<Record<string, string>>): Promise<void> {
    this.envOfWoken.set(name, env);
    await this.cluster.startProcess(name);
    this.resting.delete(name);
  }

  /** Until `calm`, a replica that ends is started again, as Kubernetes would. */
  supervise(): void {
    this.supervising = true;
    this.supervisor = this.watch();
  }

  async calm(): Promise<void> {
    this.supervising = false;
    await this.supervisor;
    this.resting.clear();
    this.envOfWoken.clear();
    for (const { name } of this.cluster.replicas) if (!this.cluster.isRunning(name)) await this.restart(name);
    await Promise.all(this.cluster.replicas.map(({ name }) => this.whenReady(name)));
  }

  /** Lines of all replicas' logs that tell of a bug, and ends that nobody wanted. */
  bugs(): string[] {
    const lines = this.cluster.replicas.flatMap(({ name }) =>
      readFileSync(this.cluster.logFile(name), 'utf8')
        .split('\n')
        .filter((line) => /process\.unhandled_rejection|bus\.handler_failed|uncaught/i.test(line)),
    );
    return [...lines, ...this.endings.unexpected];
  }

  async close(): Promise<void> {
    this.supervising = false;
    await this.supervisor;
    this.people.close();
    this.neighbours.close();
    await this.cluster.close({ purge: true });
  }

  /** A planted end may come while the replica is still starting: then once more. */
  private async restart(name: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.cluster.restart(name);
      } catch (error) {
        if (attempt === 5 || this.cluster.isRunning(name)) throw error;
      }
    }
  }

  private async whenReady(name: string): Promise<void> {
    await this.cluster.whenReady(name).catch(() => this.restart(name));
  }

  private async watch(): Promise<void> {
    while (this.supervising) {
      for (const { name } of this.cluster.replicas) {
        if (this.resting.has(name) || this.cluster.isRunning(name)) continue;
        this.restarts++;
        await this.cluster.startProcess(name).catch(() => undefined);
      }
      await pause(100);
    }
  }

  private envOf(service: ServiceName, name: string): Readonly<Record<string, string>> {
    const preload = this.preloads[service];
    return {
      LOG_LEVEL: 'info',
      RATE_LIMIT_FACTOR: '1000',
      DRAIN_DELAY_MS: '0',
      DRAIN_MS: '500',
      ...this.options.env,
      ...(preload?.module ? { NODE_OPTIONS: `--import ${preload.module}` } : {}),
      ...preload?.env,
      ...this.envOfReplica.get(name),
      ...this.envOfWoken.get(name),
    };
  }
}
