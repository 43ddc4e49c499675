import type { Resource } from '@relais/kube-api';

const of = (group: string, version: string, plural: string, kind: string): Resource => ({
  ...{ group, version, plural, kind, namespaced: true, subresources: ['status'] },
});

/** Kinds of operators that the chart writes for, as a cluster that has those operators serves them. */
export const OTHERS: readonly Resource[] = [
  of('monitoring.coreos.com', 'v1', 'podmonitors', 'PodMonitor'),
  of('monitoring.coreos.com', 'v1', 'prometheusrules', 'PrometheusRule'),
  of('gateway.networking.k8s.io', 'v1', 'httproutes', 'HTTPRoute'),
  of('keda.sh', 'v1alpha1', 'scaledobjects', 'ScaledObject'),
  of('cert-manager.io', 'v1', 'certificates', 'Certificate'),
  of('postgresql.cnpg.io', 'v1', 'clusters', 'Cluster'),
];
