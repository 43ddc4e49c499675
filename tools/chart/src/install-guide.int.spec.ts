import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ApiObject, definitionOf, type KubeServer, KubeServers } from '@relais/kube-api';
import { parse } from 'yaml';
import { HELM, workspace } from './helm.js';
import { OTHERS } from './others.js';

/** This helm asks the API five times a second at most, by itself. */
const DEADLINE_MS = 400_000;
const guide = readFileSync(join(workspace, 'docs', 'operations', 'install.md'), 'utf8');
const lines = [...guide.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, block]) => block!.trim().split('\n'));
const ofHelm = lines.filter((line) => line.startsWith('helm '));
/** There is no kubelet: nothing listens behind a Service. */
const toPods = lines.filter((line) => line.includes(' port-forward '));
/** These need a gateway that runs: tiny.e2e.spec.ts follows them. */
const toGateway = lines.filter((line) => line.startsWith('npx relais-admin '));

const servers = new KubeServers({ definitions: OTHERS.map(definitionOf) });
const kubectl = join(process.env.KUBEBUILDER_ASSETS ?? '', 'kubectl');
const hasKubectl = servers.isReal && existsSync(kubectl);
const followed = hasKubectl ? lines.filter((line) => ![...toPods, ...toGateway].includes(line)) : ofHelm;

interface Seen {
  said: string;
  deployments: string[];
  images: string[];
}

describe('docs/operations/install.md, followed word by word', () => {
  const seen = new Map<string, Seen>();
  let api: KubeServer;
  let home: string;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'relais-guide-'));
    api = await servers.open();
    furnish(home, await api.start());
    for (const line of followed) {
      const said = await follow(line);
      const deployments = await api.all('deployments');
      const images = deployments.map(({ spec }) => spec.template.spec.containers[0].image as string);
      seen.set(line, { said, deployments: deployments.map(({ metadata }) => metadata.name), images });
      if (hasKubectl && line.startsWith('helm install ')) await runJobOfSecrets();
    }
  }, DEADLINE_MS);
  afterAll(async () => {
    await api.close();
    await servers.close();
    rmSync(home, { recursive: true });
  });

  const env = () => ({ PATH: `${home}/bin:${process.env.PATH}`, HOME: home, KUBECONFIG: join(home, 'kubeconfig') });
  const run = async (program: string, args: string[], more: Record<string, string> = {}): Promise<string> =>
    (await promisify(execFile)(program, args, { cwd: home, env: { ...env(), ...more } })).stdout;

  /** As it stands, in a shell at the root of the checkout. @returns what it says; of a variable that it sets, the value */
  function follow(line: string): Promise<string> {
    const withoutSchema =
      !servers.isReal && /^helm (install|upgrade) /.test(line) ? ' --disable-openapi-validation' : '';
    const [, variable] = line.match(/^export (\w+)=/) ?? [];
    const say = variable ? `\nprintf %s "$${variable}"` : '';
    return run('bash', ['-e', '-o', 'pipefail', '-c', `${line}${withoutSchema}${say}`]);
  }

  /** The only job of which the guide shows what it makes; here nobody but this test runs jobs. */
  async function runJobOfSecrets(): Promise<void> {
    const job = (await api.all('jobs')).find(({ metadata }) =>
      metadata.name.startsWith('relais-bootstrap-'),
    ) as ApiObject;
    const given = job['spec'].template.spec.containers[0].env as { name: string; value?: string }[];
    const own = Object.fromEntries(given.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
    const program = join(workspace, 'apps', 'installer', 'dist', 'bootstrap.js');
    await run(process.execPath, [program], { ...own, NAMESPACE: 'relais' });
  }

  const after = (part: string): Seen => [...seen].find(([line]) => line.includes(part))![1];

  it('brings helm from the first command to the last (A1, B9)', () => {
    expect(ofHelm.map((line) => line.split(' ')[1])).toEqual([
      ...['install', 'upgrade', 'upgrade', 'upgrade', 'upgrade', 'upgrade', 'rollback', 'uninstall'],
    ]);
    expect(after('install relais').deployments).toEqual([
      ...['relais-alerting', 'relais-auth', 'relais-gateway', 'relais-messaging'],
    ]);
    expect(after('registry.local').images.every((image) => image.startsWith('registry.local:5000/'))).toBe(true);
    expect(after('uninstall').deployments).toEqual([]);
  });

  it('asks for nothing but helm, kubectl and relais-admin, and once for pods that are there', () => {
    const others = lines.filter(
      (line) => !/^(export \w+=\$\()?(helm|kubectl) /.test(line) && !toGateway.includes(line),
    );
    expect(others).toEqual(['unset BOOTSTRAP_TOKEN']);
    expect([toPods.length, toGateway.length]).toEqual([1, 2]);
  });

  (hasKubectl ? it : it.skip)('shows with kubectl what it says, on a real kube-apiserver (A1)', async () => {
    expect(after('get jobs,pods').said).toMatch(/^job.batch\/relais-bootstrap-\w+ /m);
    expect(after('get jobs,pods').said).toMatch(/^job.batch\/relais-messaging-migrate-\w+ /m);
    expect(after('export BOOTSTRAP_TOKEN').said).toMatch(/^[\w-]{20,}$/);

    const kept = parse(readFileSync(join(home, 'relais-secrets.yaml'), 'utf8')) as { items: ApiObject[] };
    const names = kept.items.map(({ metadata }) => metadata.name);
    expect(names).toContain('relais-first-organization');
    expect(kept.items.flatMap((secret) => Object.keys(secret['data'] as object))).toContain('kek.json');
    const left = (await api.all('secrets')).map(({ metadata }) => metadata.name);
    expect(names.filter((name) => !left.includes(name))).toEqual([]);
  });
});

/** A folder that is to its commands what the root of the checkout is to a reader's. */
function furnish(home: string, server: string): void {
  for (const folder of ['charts', 'k8s']) symlinkSync(join(workspace, folder), join(home, folder));
  mkdirSync(join(home, 'bin'));
  symlinkSync(HELM, join(home, 'bin', 'helm'));
  if (hasKubectl) symlinkSync(kubectl, join(home, 'bin', 'kubectl'));
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'here' },
    // The client of the job speaks without TLS only where it is told not to verify any.
    clusters: [{ name: 'here', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'here', user: {} }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'here' } }],
  };
  writeFileSync(join(home, 'kubeconfig'), JSON.stringify(config), { mode: 0o600 });
}
