import { FIELD_MANAGER } from '../kubernetes/kubernetes-api.js';
import { type Fields, GROUP_VERSION, type KubernetesObject } from '../kubernetes/objects.js';
import type { SurgePolicy } from './surge-policy.js';

export interface Autoscaler extends KubernetesObject {
  spec: { minReplicas?: number; maxReplicas: number };
}

export const autoscalersOf = (namespace: string): string =>
  `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;

/** The autoscaler of a policy: ours with all its fields but a minimum that is not given, and gone with the policy. */
export const autoscalerOf = (
  { metadata, spec }: SurgePolicy,
  minReplicas: number | undefined,
  resourceVersion: string | undefined,
): object => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: {
    name: metadata.name,
    ...(resourceVersion && { resourceVersion }),
    labels: { 'app.kubernetes.io/name': 'relais', 'app.kubernetes.io/managed-by': FIELD_MANAGER },
    ownerReferences: [
      { apiVersion: GROUP_VERSION, kind: 'SurgePolicy', name: metadata.name, uid: metadata.uid, controller: true },
    ],
  },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: spec.target },
    minReplicas,
    maxReplicas: spec.maxReplicas,
    metrics: metricsOf(spec),
    behavior: BEHAVIOR,
  },
});

const metricsOf = ({ cpuPercent, connectionsPerPod }: SurgePolicy['spec']): object[] => [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpuPercent } } },
  ...(connectionsPerPod === undefined
    ? []
    : [
        {
          type: 'Pods',
          pods: {
            metric: { name: 'relais_gateway_connections' },
            target: { type: 'AverageValue', averageValue: String(connectionsPerPod) },
          },
        },
      ]),
];

/**
 * Up at once. Down one by one, because the sockets of a pod that goes all come back: when a minimum is lowered, Kubernetes'
 * window for going down protects nothing any more, and this pace is what is left.
 */
const BEHAVIOR = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Percent', value: 100, periodSeconds: 15 },
      { type: 'Pods', value: 4, periodSeconds: 15 },
    ],
  },
  scaleDown: { stabilizationWindowSeconds: 600, policies: [{ type: 'Pods', value: 1, periodSeconds: 120 }] },
};

/** A minimum that somebody else has set; ours otherwise, or none. */
export function foreignMinimum(autoscaler: Autoscaler | null): number | undefined {
  const others = (autoscaler?.metadata.managedFields ?? []).filter(({ manager }) => manager !== FIELD_MANAGER);
  const isTheirs = others.some(({ fieldsV1 = {} }) => 'f:minReplicas' in ((fieldsV1['f:spec'] ?? {}) as Fields));
  return isTheirs ? autoscaler?.spec.minReplicas : undefined;
}
