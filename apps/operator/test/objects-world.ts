import type { ApiObject, KubeServer, KubeServers } from '@relais/kube-api';
import { KubernetesApi } from '../src/kubernetes/kubernetes-api.js';
import { GROUP_VERSION } from '../src/kubernetes/objects.js';
import { eventually } from './eventually.js';

export const SECRETS = '/api/v1/namespaces/relais/secrets';
const MERGE = 'application/merge-patch+json';
const TIMEOUT_MS = 2_000;

/** An API server with the objects of one kind of ours, in the namespace `relais`, and what a test does and sees there. */
export class ObjectsWorld {
  private readonly ends: (() => Promise<void>)[] = [];

  protected constructor(
    readonly server: KubeServer,
    readonly url: string,
    readonly api: KubernetesApi,
    private readonly kind: string,
    /** Where they are. */
    readonly path: string,
  ) {}

  protected static async openServer(servers: KubeServers): Promise<[KubeServer, string, KubernetesApi]> {
    const server = await servers.open();
    const url = await server.start();
    return [server, url, await KubernetesApi.open({ url, timeoutMs: TIMEOUT_MS })];
  }

  /** Ends, in the order of their beginning, what is under way; then the server. */
  async close(): Promise<void> {
    for (const end of this.ends.splice(0)) await end();
    this.api.close();
    await this.server.close();
  }

  async ask(method: string, path: string, body?: object, type = 'application/json'): Promise<ApiObject> {
    const init = body ? { body: JSON.stringify(body), headers: { 'content-type': type } } : {};
    const response = await fetch(`${this.url}${path}`, { method, ...init });
    const answer = (await response.json()) as ApiObject;
    if (!response.ok) throw new Error(String(answer['message']));
    return answer;
  }

  make(name: string, spec: object): Promise<ApiObject> {
    const { kind } = this;
    return this.ask('POST', this.path, { apiVersion: GROUP_VERSION, kind, metadata: { name }, spec });
  }

  change(name: string, spec: object): Promise<ApiObject> {
    return this.ask('PATCH', `${this.path}/${name}`, { spec }, MERGE);
  }

  read(name: string): Promise<ApiObject> {
    return this.ask('GET', `${this.path}/${name}`);
  }

  remove(name: string): Promise<ApiObject> {
    return this.ask('DELETE', `${this.path}/${name}`);
  }

  /** Its condition `Ready`; empty where nobody has said anything yet. */
  async ready(name: string): Promise<{ status?: string; reason?: string; message?: string }> {
    const { status } = await this.read(name);
    return status?.conditions?.find(({ type }: { type: string }) => type === 'Ready') ?? {};
  }

  becomes(reason: string, name: string): Promise<void> {
    return eventually(async () => (await this.ready(name)).reason === reason);
  }

  async secretObject(name: string): Promise<ApiObject | undefined> {
    return (await this.server.all('secrets')).find(({ metadata }) => metadata.name === name);
  }

  /** What a Secret holds, or undefined where there is none. */
  async secret(name: string): Promise<Record<string, string> | undefined> {
    const found = await this.secretObject(name);
    if (!found) return undefined;
    const data = Object.entries((found['data'] ?? {}) as Record<string, string>);
    return Object.fromEntries(data.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
  }

  /** A real server shows each under two groups. */
  async events(): Promise<string[]> {
    const found = new Map((await this.server.all('events')).map((one) => [one.metadata.uid, one]));
    return [...found.values()].map((one) => `${one['type']} ${one['reason']}`);
  }

  /** Waits for an event, which comes after the status that it tells of. */
  told(event: string): Promise<void> {
    return eventually(async () => (await this.events()).includes(event));
  }

  /** Is ended with the world, or before. */
  protected ending(end: () => Promise<void>): { end(): Promise<void> } {
    let ended: Promise<void> | undefined;
    const once = () => (ended ??= end());
    this.ends.push(once);
    return { end: once };
  }
}
