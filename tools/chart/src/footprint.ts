import { isWorkload, type KubernetesObject, mebibytes, millicores, podOf } from './kubernetes.js';
import { surgePolicyOf } from './surge.js';

export interface Footprint {
  pods: number;
  cpuMillicores: number;
  memoryMiB: number;
  memoryLimitMiB: number;
}

/** What a rendering asks for while it runs: replicas times their containers, an autoscaler at its minimum; no jobs. */
export function footprintOf(objects: readonly KubernetesObject[]): Footprint {
  const total = { pods: 0, cpuMillicores: 0, memoryMiB: 0, memoryLimitMiB: 0 };
  for (const object of objects.filter(isWorkload)) {
    const replicas = replicasOf(object, objects);
    total.pods += replicas;
    for (const { resources } of podOf(object)?.containers ?? []) {
      total.cpuMillicores += replicas * millicores(resources?.requests?.['cpu']);
      total.memoryMiB += replicas * mebibytes(resources?.requests?.['memory']);
      total.memoryLimitMiB += replicas * mebibytes(resources?.limits?.['memory']);
    }
  }
  return total;
}

function replicasOf({ kind, metadata, spec }: KubernetesObject, objects: readonly KubernetesObject[]): number {
  const scaler = objects.find(
    (object) =>
      ['HorizontalPodAutoscaler', 'ScaledObject'].includes(object.kind) &&
      object.spec.scaleTargetRef.kind === kind &&
      object.spec.scaleTargetRef.name === metadata.name,
  );
  const surge = surgePolicyOf(objects)?.spec;
  if (surge?.target === metadata.name) return surge.minReplicas;
  return (scaler?.spec.minReplicas ?? scaler?.spec.minReplicaCount ?? spec.replicas ?? 1) as number;
}
