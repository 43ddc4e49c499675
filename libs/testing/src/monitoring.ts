import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended, freePort, listen, startUntilReady } from './ready-program.js';

export const PROMETHEUS = '/usr/bin/prometheus';
const ALERTMANAGER = '/usr/bin/prometheus-alertmanager';

/** Whether both are on this machine; `node tools/run.mjs test` installs them where it can. */
export const hasMonitoring = (): boolean => existsSync(PROMETHEUS) && existsSync(ALERTMANAGER);

export interface Receiver {
  url: string;
  /** Of the bearer token; with `user`, of basic authentication. */
  secret: string;
  user?: string;
}

/**
 * A real Prometheus that looks every second at how hot something is, and a real Alertmanager that says so when it is above
 * fifty degrees: to a webhook. Both on ports of their own, with nothing kept.
 */
export class Monitoring {
  celsius = 20;
  private readonly processes: ChildProcess[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'relais-monitoring-'));

  private constructor(private readonly probe: Server) {}

  static async start(receiver: Receiver): Promise<Monitoring> {
    const ports = [await freePort(), await freePort()] as const;
    const probe = createServer((_, answer) => {
      answer.setHeader('content-type', 'text/plain; version=0.0.4');
      answer.end(`# TYPE oven_celsius gauge\noven_celsius{oven="3"} ${monitoring.celsius}\n`);
    });
    const monitoring: Monitoring = new Monitoring(probe);
    const target = await listen(probe);
    await monitoring.run(ALERTMANAGER, ports[0], alertmanagerYaml(receiver), '--storage.path=', [
      '--cluster.listen-address=',
    ]);
    await monitoring.run(PROMETHEUS, ports[1], monitoring.prometheusYaml(target, ports[0]), '--storage.tsdb.path=', []);
    return monitoring;
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map(ended));
    this.probe.closeAllConnections();
    this.probe.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async run(program: string, port: number, yaml: string, storage: string, more: string[]): Promise<void> {
    const [config, data] = [join(this.folder, `${port}.yml`), join(this.folder, `${port}`)];
    writeFileSync(config, yaml, { mode: 0o600 });
    const args = [`--config.file=${config}`, `${storage}${data}`, `--web.listen-address=127.0.0.1:${port}`, ...more];
    this.processes.push(await startUntilReady(program, args, port));
  }

  private prometheusYaml(target: number, alertmanager: number): string {
    const rules = join(this.folder, 'rules.yml');
    writeFileSync(rules, RULES);
    return `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ['${rules}']
alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:${alertmanager}'] }] }] }
scrape_configs: [{ job_name: ovens, static_configs: [{ targets: ['127.0.0.1:${target}'] }] }]
`;
  }
}

const RULES = `
groups:
  - name: ovens
    rules:
      - alert: OvenTooHot
        expr: oven_celsius > 50
        labels: { severity: critical }
        annotations: { summary: 'Oven {{ $labels.oven }} has {{ $value }} degrees' }
`;

const alertmanagerYaml = ({ url, secret, user }: Receiver): string => {
  const auth = user
    ? `basic_auth: { username: '${user}', password: '${secret}' }`
    : `authorization: { type: Bearer, credentials: '${secret}' }`;
  return `
route: { receiver: relais, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
receivers: [{ name: relais, webhook_configs: [{ url: '${url}', send_resolved: true, http_config: { ${auth} } }] }]
`;
};
