import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ApiObject } from '../types.js';
import { type Ask, askOver } from './ask.js';

const DEADLINE_MS = 120_000;
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export interface ControlPlaneOptions {
  /** Where `etcd` and `kube-apiserver` are, and `kube-controller-manager` where there is one. */
  assets: string;
  /** CustomResourceDefinitions, there before any controller runs: later ones are seen by it after half a minute. */
  definitions: readonly object[];
  /** Which controllers run, of those that there are. */
  controllers: readonly string[];
}

/** etcd, kube-apiserver and kube-controller-manager as processes on loopback, with all that they write in a folder of their own. */
export class ControlPlane {
  private readonly folder = mkdtempSync(join(tmpdir(), 'relais-control-plane-'));
  private readonly token = randomBytes(16).toString('hex');
  private readonly processes: ChildProcess[] = [];
  url = '';
  agent = new Agent();
  ask: Ask = () => Promise.reject(new Error('not started'));

  private constructor(private readonly options: ControlPlaneOptions) {}

  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    const plane = new ControlPlane(options);
    try {
      await plane.startServers();
      for (const definition of options.definitions) await plane.define(definition as ApiObject);
      plane.startControllers();
      return plane;
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.token}` };
  }

  /** Keeps a token as a pod has it. @returns the folder with `token` and `ca.crt` */
  keep(name: string, token: string): string {
    const folder = join(this.folder, 'accounts', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
    writeFileSync(join(folder, 'ca.crt'), readFileSync(this.certificate));
    return folder;
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    for (const child of this.processes.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async startServers(): Promise<void> {
    const [etcd, port] = [`http://127.0.0.1:${await freePort()}`, await freePort()];
    const path = (name: string) => join(this.folder, name);
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    writeFileSync(path('accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(path('accounts.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(path('tokens.csv'), `${this.token},test,test,system:masters\n`);
    this.run('etcd', [
      ...['--data-dir', path('etcd'), '--listen-client-urls', etcd, '--advertise-client-urls', etcd],
      ...['--listen-peer-urls', 'http://127.0.0.1:0', '--unsafe-no-fsync'],
    ]);
    this.run('kube-apiserver', [
      ...[`--etcd-servers=${etcd}`, '--bind-address=127.0.0.1', `--secure-port=${port}`, `--cert-dir=${path('certs')}`],
      ...['--service-cluster-ip-range=10.0.0.0/24', '--endpoint-reconciler-type=none', '--authorization-mode=RBAC'],
      ...['--service-account-issuer=https://kubernetes.default.svc', `--token-auth-file=${path('tokens.csv')}`],
      ...[
        `--service-account-key-file=${path('accounts.pub')}`,
        `--service-account-signing-key-file=${path('accounts.key')}`,
      ],
      '--enable-admission-plugins=OwnerReferencesPermissionEnforcement',
      // Without controllers nobody makes the account `default` of a namespace.
      ...(this.hasControllers ? [] : ['--disable-admission-plugins=ServiceAccount']),
    ]);
    this.url = `https://127.0.0.1:${port}`;
    const { certificate } = this;
    await this.until('the certificate', () => existsSync(certificate) && readFileSync(certificate).length > 0);
    this.agent = new Agent({ keepAlive: true, ca: readFileSync(certificate) });
    this.ask = askOver(this.url, this.agent, this.headers);
    await this.until('the API server', async () => (await this.ask('GET', '/readyz')).code === 200);
    this.writeKubeconfig();
  }

  private get certificate(): string {
    return join(this.folder, 'certs', 'apiserver.crt');
  }

  private get hasControllers(): boolean {
    return this.options.controllers.length > 0 && existsSync(join(this.options.assets, 'kube-controller-manager'));
  }

  private startControllers(): void {
    if (!this.hasControllers) return;
    this.run('kube-controller-manager', [
      ...[`--kubeconfig=${join(this.folder, 'kubeconfig')}`, `--controllers=${this.options.controllers.join(',')}`],
      ...['--leader-elect=false', '--secure-port=0', '--kube-api-qps=200', '--kube-api-burst=400'],
    ]);
  }

  private async define(definition: ApiObject): Promise<void> {
    const { code, body } = await this.ask('POST', DEFINITIONS, definition);
    if (code !== 201) throw new Error(`not defined: ${JSON.stringify(body)}`);
    const { group, names, versions } = definition['spec'];
    const path = `/apis/${group}/${versions[0].name}/${names.plural}`;
    await this.until(path, async () => (await this.ask('GET', path)).code === 200);
  }

  private run(program: string, args: string[]): void {
    const child = spawn(join(this.options.assets, program), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = createWriteStream(join(this.folder, `${program}.log`));
    child.stdout.pipe(said, { end: false });
    child.stderr.pipe(said, { end: false });
    this.processes.push(child);
  }

  private async until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
    const end = Date.now() + DEADLINE_MS;
    while (!(await Promise.resolve(isSo()).catch(() => false))) {
      const ended = this.processes.find(({ exitCode }) => exitCode !== null);
      if (ended || Date.now() > end) throw new Error(`${what} is not there: ${this.lastWords()}`);
      await pause(50);
    }
  }

  private lastWords(): string {
    const logs = ['etcd', 'kube-apiserver']
      .map((name) => join(this.folder, `${name}.log`))
      .filter((path) => existsSync(path));
    return logs.map((path) => readFileSync(path, 'utf8').slice(-2_000)).join('\n');
  }

  private writeKubeconfig(): void {
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c' },
      clusters: [{ name: 'c', cluster: { server: this.url, 'certificate-authority': this.certificate } }],
      users: [{ name: 'u', user: { token: this.token } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    };
    writeFileSync(join(this.folder, 'kubeconfig'), JSON.stringify(config), { mode: 0o600 });
  }
}

/** Free a moment ago: these programs do not say which one they were given. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
