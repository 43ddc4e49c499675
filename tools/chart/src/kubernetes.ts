/** As much of Kubernetes as the checks look at. */
export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  env?: EnvVar[];
  ports?: { name: string; containerPort: number }[];
  volumeMounts?: { name: string; mountPath: string }[];
  resources?: { requests?: Quantities; limits?: Quantities };
  securityContext?: {
    allowPrivilegeEscalation?: boolean;
    readOnlyRootFilesystem?: boolean;
    runAsNonRoot?: boolean;
    privileged?: boolean;
    capabilities?: { drop?: string[]; add?: string[] };
  };
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop?: { sleep?: { seconds: number }; exec?: { command: string[] } } };
}
export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef?: { name: string; key: string }; fieldRef?: { fieldPath: string } };
}
type Quantities = Record<string, string>;
interface Probe {
  httpGet?: { path: string; port: string };
  exec?: { command: string[] };
  tcpSocket?: { port: string };
  periodSeconds?: number;
  failureThreshold?: number;
}

export interface PodSpec {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext?: { runAsNonRoot?: boolean; runAsUser?: number; fsGroup?: number; seccompProfile?: { type: string } };
  containers: Container[];
  initContainers?: Container[];
  volumes?: ({ name: string; secret?: { secretName: string } } & Record<string, unknown>)[];
  topologySpreadConstraints?: { topologyKey: string; whenUnsatisfiable: string; matchLabelKeys?: string[] }[];
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  // What is in it depends on the kind.
  // eslint-disable-next-line typescript/no-explicit-any
  spec?: any;
  // eslint-disable-next-line typescript/no-explicit-any
  [more: string]: any;
}

/** Kinds that run for as long as they are wanted. */
export const isWorkload = ({ kind }: KubernetesObject): boolean => kind === 'Deployment' || kind === 'StatefulSet';

export function podOf({ kind, spec }: KubernetesObject): PodSpec | null {
  if (kind === 'Pod') return spec as PodSpec;
  return ['Deployment', 'StatefulSet', 'Job'].includes(kind) ? (spec.template.spec as PodSpec) : null;
}

export const labelsOfPod = ({ kind, spec, metadata }: KubernetesObject): Record<string, string> =>
  (kind === 'Pod' ? metadata.labels : spec.template.metadata.labels) ?? {};

export const containersOf = (pod: PodSpec): Container[] => [...(pod.initContainers ?? []), ...pod.containers];

/** Every container of a rendering, of jobs and tests, too. */
export const allContainers = (objects: readonly KubernetesObject[]): Container[] =>
  objects.flatMap((object) => {
    const pod = podOf(object);
    return pod ? containersOf(pod) : [];
  });

export function named(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

/** Mi, Gi and m as they are written in this chart. */
export function mebibytes(quantity: string | undefined): number {
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(quantity ?? '') ?? [];
  return Number(number) * (unit === 'Gi' ? 1_024 : 1);
}
export const millicores = (quantity: string | undefined): number => {
  const [, number, unit] = /^(\d+)(m?)$/.exec(quantity ?? '') ?? [];
  return Number(number) * (unit === 'm' ? 1 : 1_000);
};
