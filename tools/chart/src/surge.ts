import { type KubernetesObject, podOf } from './kubernetes.js';

/** The SurgePolicy that the operator of a rendering is to make, with its autoscaler of the same name. */
export interface SurgePolicy {
  name: string;
  spec: { target: string; minReplicas: number; maxReplicas: number; surge: Record<string, number> };
}

export function surgePolicyOf(objects: readonly KubernetesObject[]): SurgePolicy | undefined {
  const env = objects.flatMap((object) => podOf(object)?.containers ?? []).flatMap((container) => container.env ?? []);
  const value = env.find(({ name }) => name === 'SURGE_POLICY')?.value;
  return value ? (JSON.parse(value) as SurgePolicy) : undefined;
}
