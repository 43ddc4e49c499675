// Prometheus and Alertmanager on loopback, to see an alarm come: docs/guides/alerting.md, "Alarms from Alertmanager". They watch
// how hot an oven is, which is written into a file. Ends with Ctrl-C; keeps nothing.
// Run from the root of the checkout after `npm run up`: npx node examples/alertmanager.mjs <answer of putAlarmSource>
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAMS = ['/usr/bin/prometheus', '/usr/bin/prometheus-alertmanager'];
const [PROMETHEUS_PORT, ALERTMANAGER_PORT, OVEN_PORT] = [9190, 9193, 9191];
const OVEN = '/tmp/oven-celsius';

const missing = PROGRAMS.filter((program) => !existsSync(program));
if (missing.length > 0) {
  console.error('alertmanager: apt-get install prometheus prometheus-alertmanager');
  process.exit(1);
}
if (!process.argv[2]) {
  console.error('alertmanager: expected the file with the answer of putAlarmSource');
  process.exit(1);
}
const { path, secret } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { gateways } = JSON.parse(readFileSync('.devstack/default/people.json', 'utf8'));

const folder = mkdtempSync(join(tmpdir(), 'relais-alertmanager-'));
const write = (name, text) => {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
};

const rules = write(
  'rules.yml',
  `groups:
  - name: ovens
    rules:
      - alert: OvenTooHot
        expr: oven_celsius > 250
        labels: { severity: critical }
        annotations: { summary: 'The oven has {{ $value }} degrees' }
`,
);
const prometheus = write(
  'prometheus.yml',
  `global: { scrape_interval: 2s, evaluation_interval: 2s }
rule_files: ['${rules}']
alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:${ALERTMANAGER_PORT}'] }] }] }
scrape_configs: [{ job_name: ovens, static_configs: [{ targets: ['127.0.0.1:${OVEN_PORT}'] }] }]
`,
);
// This is what a real one needs, too: the address and the secret of the source, and that it says when it is over.
const alertmanager = write(
  'alertmanager.yml',
  `route: { receiver: relais, group_by: [alertname], group_wait: 1s, group_interval: 5s, repeat_interval: 4h }
receivers:
  - name: relais
    webhook_configs:
      - url: ${gateways[0]}${path}
        send_resolved: true
        max_alerts: 50
        http_config: { authorization: { type: Bearer, credentials: '${secret}' } }
`,
);

writeFileSync(OVEN, '180\n');
const oven = createServer((_, answer) => {
  answer.setHeader('content-type', 'text/plain; version=0.0.4');
  answer.end(`# TYPE oven_celsius gauge\noven_celsius ${Number(readFileSync(OVEN, 'utf8')) || 0}\n`);
}).listen(OVEN_PORT, '127.0.0.1');
const run = (program, config, port, ...more) =>
  spawn(program, [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${port}`, ...more], { stdio: 'ignore' });
const children = [
  run(PROGRAMS[0], prometheus, PROMETHEUS_PORT, `--storage.tsdb.path=${join(folder, 'p')}`),
  run(PROGRAMS[1], alertmanager, ALERTMANAGER_PORT, `--storage.path=${join(folder, 'a')}`, '--cluster.listen-address='),
];

let left = children.length;
for (const child of children)
  child.on('exit', () => {
    for (const other of children) other.kill();
    oven.close();
    if (--left === 0) rmSync(folder, { recursive: true, force: true });
  });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => children.forEach((child) => child.kill()));
console.log(`alertmanager: the oven has 180 degrees. Make it too hot:   echo 300 > ${OVEN}`);
console.log(`alertmanager: and let it cool down again:                  echo 180 > ${OVEN}`);
