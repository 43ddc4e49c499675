import { type PrivateNats, privateNats } from '@relais/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type BusConnection, connectNats, EventStream } from '@relais/bus/events';
import { alertingFactRecorded, type OutageModeChanged, outageModeChanged } from '@relais/contracts';
import { type ApiObject, type KubeServer, type KubeServers } from '@relais/kube-api';
import { newId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { eventually } from './eventually.js';

const PROGRAM = join(import.meta.dirname, '..', 'dist', 'main.js');
const POLICIES = '/apis/relais.io/v1alpha1/namespaces/relais/surgepolicies';
const AUTOSCALERS = '/apis/autoscaling/v2/namespaces/relais/horizontalpodautoscalers';
export const POLICY = {
  ...{ target: 'm-gateway', minReplicas: 3, maxReplicas: 12, cpuPercent: 70 },
  surge: { replicas: 8, minRecipients: 500, holdSeconds: 600, stepSeconds: 120, maxPerHour: 6 },
};
const DEPLOYMENTS = '/apis/apps/v1/namespaces/relais/deployments';
/** Any Deployment that an API server takes. */
const labels = { app: 'm-gateway' };
const DEPLOYMENT = {
  metadata: { name: 'm-gateway' },
  spec: {
    replicas: 3,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'gateway', image: 'relais/relais' }] } },
  },
};

/** One operator as a process. */
export interface Operator {
  pid: number | undefined;
  signal(signal: NodeJS.Signals): void;
  /** @returns the exit code, and all it has said */
  end(signal?: NodeJS.Signals): Promise<{ code: number | null; said: string }>;
}

/** An API server in memory, a NATS of its own, and operators that are real processes between them. */
export class World {
  private readonly operators: Operator[] = [];

  private constructor(
    readonly api: KubeServer,
    readonly url: string,
    private readonly nats: PrivateNats,
    private readonly connection: BusConnection,
    private readonly events: EventStream,
  ) {}

  static async open(servers: KubeServers): Promise<World> {
    const nats = await privateNats();
    const connection = await connectNats({
      url: nats.url,
      nkeySeed: nats.seed,
      service: 'test',
      replica: 't',
      log: silentLog,
    });
    const events = new EventStream(connection, silentLog, { replicas: 1, retentionHours: 1 });
    await events.ensure();
    const api = await servers.open();
    const world = new World(api, await api.start(), nats, connection, events);
    await world.ask('POST', DEPLOYMENTS, DEPLOYMENT);
    return world;
  }

  async close(): Promise<void> {
    for (const operator of this.operators) await operator.end('SIGKILL');
    await this.connection.close();
    await this.nats.stop();
    await this.api.close();
  }

  async ask(method: string, path: string, body?: object, type = 'application/json'): Promise<ApiObject> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': type } }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as ApiObject;
  }

  async start(more: Record<string, string> = {}): Promise<Operator> {
    const child = spawn(process.execPath, [PROGRAM], {
      env: {
        ...(this.nats.seed ? { NATS_NKEY_SEED: this.nats.seed } : {}),
        ...{ NATS_URL: this.nats.url, HOST: '127.0.0.1', INTERNAL_PORT: '0', REPLICA: `o${this.operators.length}` },
        ...{ KUBERNETES_URL: this.url, NAMESPACE: 'relais', RECONCILE_MS: '300' },
        ...{ LEASE_DURATION_MS: '3000', LEASE_RENEW_MS: '2000', LEASE_RETRY_MS: '400' },
        SURGE_POLICY: JSON.stringify({ name: 'm-gateway', spec: POLICY }),
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    const exited = once(child, 'exit');
    const operator: Operator = {
      pid: child.pid,
      signal: (signal) => void child.kill(signal),
      end: async (signal = 'SIGTERM') => {
        if (child.exitCode === null && child.signalCode === null) child.kill(signal);
        const [code] = (await exited) as [number | null];
        return { code, said };
      },
    };
    this.operators.push(operator);
    child.on('exit', (code) => {
      if (code) process.stdout.write(said);
    });
    return operator;
  }

  readonly policy = (): Promise<ApiObject | undefined> => this.first('surgepolicies');
  readonly autoscaler = (): Promise<ApiObject | undefined> => this.first('horizontalpodautoscalers');
  readonly minimum = async (): Promise<number | undefined> => (await this.autoscaler())?.['spec'].minReplicas;
  readonly holder = async (): Promise<string> => (await this.first('leases'))?.['spec'].holderIdentity ?? '';
  /** What the policy's status says. */
  readonly status = async (): Promise<ApiObject['status']> => (await this.policy())?.['status'] ?? {};
  async reasons(): Promise<string[]> {
    return (await this.api.all('events')).map((event) => event['reason'] as string);
  }

  private async first(plural: string): Promise<ApiObject | undefined> {
    return (await this.api.all(plural)).find(({ metadata }) => metadata.namespace === 'relais');
  }

  /** Waits until somebody leads and everything is as usual. */
  settled(minimum = 3): Promise<void> {
    return eventually(
      async () => (await this.minimum()) === minimum && (await this.status()).observedGeneration !== undefined,
    );
  }

  /** Waits until the minimum is this one. */
  raised(minimum = 8): Promise<void> {
    return eventually(async () => (await this.minimum()) === minimum);
  }

  /** A policy that is made by hand. */
  async make(name: string, spec: object): Promise<void> {
    await this.ask('POST', POLICIES, {
      apiVersion: 'relais.io/v1alpha1',
      kind: 'SurgePolicy',
      metadata: { name },
      spec,
    });
  }

  async change(patch: object): Promise<void> {
    await this.ask('PATCH', `${POLICIES}/m-gateway`, patch, 'application/merge-patch+json');
  }

  /** As a leader of this term has written it. */
  async changeStatus(status: object): Promise<void> {
    await this.ask('PATCH', `${POLICIES}/m-gateway/status`, { status }, 'application/merge-patch+json');
  }

  async changeAutoscaler(patch: object): Promise<void> {
    const path = `${AUTOSCALERS}/m-gateway?fieldManager=kubectl-edit`;
    await this.ask('PATCH', path, patch, 'application/merge-patch+json');
  }

  ready(replicas: number): Promise<ApiObject> {
    const path = '/apis/apps/v1/namespaces/relais/deployments/m-gateway/status';
    return this.ask('PATCH', path, { status: { readyReplicas: replicas } }, 'application/merge-patch+json');
  }

  /** As alerting records it. @returns the alarm's id */
  async alarm(recipients: number, { at = new Date(), id = newId<string>() } = {}): Promise<string> {
    const fact = {
      ...{ id: newId<string>(), organizationId: newId<string>(), at: at.toISOString(), action: 'alarm.raised' },
      ...{ actor: { kind: 'user', id: newId<string>() }, object: { kind: 'alarm', id }, outcome: 'done' as const },
      after: { recipients, state: 'open' },
    };
    await this.publish(alertingFactRecorded.subject, alertingFactRecorded.data.parse(fact));
    return id;
  }

  /** Waits until the operator has taken all that was told of alarms. */
  async dealtWith(): Promise<void> {
    const { consumers } = await this.events.management();
    await eventually(async () => {
      const { num_pending: waiting, num_ack_pending: inHand } = await consumers.info('EVENTS', 'operator-alarms');
      return waiting + inHand === 0;
    });
  }

  async outage(on: boolean): Promise<void> {
    const change = {
      id: newId<string>(),
      organizationId: newId<string>(),
      at: new Date().toISOString(),
      on,
      by: 'person',
    };
    await this.publish(outageModeChanged.subject, outageModeChanged.data.parse(change) as OutageModeChanged);
  }

  private async publish(subject: string, data: { id: string }): Promise<void> {
    await this.events.publish(subject, data.id, JSON.stringify(data));
  }
}
