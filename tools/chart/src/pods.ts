import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KubeApi } from '@relais/kube-api';
import { workspace } from './helm.js';
import type { Container, KubernetesObject, PodSpec } from './kubernetes.js';
import { podOf } from './kubernetes.js';

/** As much of a kubelet as it takes to run our containers as processes: variables, secrets as files, programs. */
export class Pods {
  constructor(
    private readonly api: KubeApi,
    private readonly home: string,
    /** What names and places of a cluster are here. */
    private readonly here: Readonly<Record<string, string>>,
    /** Variables that are as they are here. */
    private readonly more: Readonly<Record<string, string>>,
  ) {}

  /** Runs every init container and then the containers of a job to their ends. @throws Error with what one has said */
  async runToEnd(object: KubernetesObject): Promise<void> {
    const pod = podOf(object)!;
    for (const container of [...(pod.initContainers ?? []), ...pod.containers]) await this.run(pod, container);
  }

  /** Runs init containers, and starts the first container. */
  async start(object: KubernetesObject): Promise<{ process: ChildProcess; said: () => string }> {
    const pod = podOf(object)!;
    for (const container of pod.initContainers ?? []) await this.run(pod, container);
    return this.launch(pod, pod.containers[0]!);
  }

  /** The variables of a container, with secrets as the API has them. */
  envOf({ env = [] }: Container): Record<string, string> {
    const known: Record<string, string> = {};
    for (const { name, value, valueFrom } of env) {
      const secret = valueFrom?.secretKeyRef;
      const text = secret ? this.secret(secret.name, secret.key) : (value ?? 'here');
      known[name] = text.replaceAll(/\$\(([A-Z_]+)\)/g, (_, used: string) => known[used] ?? '');
    }
    const moved = Object.entries(known).map(([name, value]) => [name, this.moved(value)]);
    return { ...(Object.fromEntries(moved) as Record<string, string>), ...this.more };
  }

  private async run(pod: PodSpec, container: Container): Promise<void> {
    const { process: child, said } = this.launch(pod, container);
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    if (code !== 0) throw new Error(`${container.name} ended with ${code}:\n${said().slice(-4_000)}`);
  }

  private launch(pod: PodSpec, container: Container): { process: ChildProcess; said: () => string } {
    for (const { name, secret } of pod.volumes ?? [])
      if (name.startsWith('kek-')) this.mount(name.slice(4), secret!.secretName);
    const [program = '', ...args] = container.args ?? [];
    const env = this.envOf(container);
    const child = spawn(process.execPath, [join(workspace, program), ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
    return { process: child, said: () => text };
  }

  private mount(service: string, secret: string): void {
    const path = join(this.home, 'kek', service, 'kek.json');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, this.secret(secret, 'kek.json'));
  }

  /** What the jobs have made, as text. @throws Error when it is not there */
  secret(name: string, key: string): string {
    const found = this.api.all('secrets').find(({ metadata }) => metadata.name === name);
    const value = (found?.['data'] as Record<string, string> | undefined)?.[key];
    if (value === undefined) throw new Error(`there is no ${key} in the secret ${name}`);
    return Buffer.from(value, 'base64').toString();
  }

  private moved(value: string): string {
    return Object.entries(this.here).reduce((text, [there, here]) => text.replaceAll(there, here), value);
  }
}
