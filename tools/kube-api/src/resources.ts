/** A kind that the API serves. */
export interface Resource {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
  subresources: readonly string[];
}

const of = (groupVersion: string, ...kinds: [plural: string, kind: string, ...rest: string[]][]): Resource[] => {
  const [version, group = ''] = groupVersion.split('/').toReversed() as [string, string?];
  return kinds.map(([plural, kind, ...subresources]) => ({
    ...{ group, version, plural, kind, subresources: subresources.filter((name) => name !== 'cluster') },
    namespaced: !subresources.includes('cluster'),
  }));
};

/** What a Helm chart and an operator meet in a cluster. Others come with a CustomResourceDefinition. */
export const BUILT_IN: readonly Resource[] = [
  ...of(
    'v1',
    ['pods', 'Pod', 'status'],
    ['services', 'Service', 'status'],
    ['secrets', 'Secret'],
    ['configmaps', 'ConfigMap'],
    ['serviceaccounts', 'ServiceAccount'],
    ['persistentvolumeclaims', 'PersistentVolumeClaim', 'status'],
    ['events', 'Event'],
    ['namespaces', 'Namespace', 'status', 'cluster'],
  ),
  ...of(
    'apps/v1',
    ['deployments', 'Deployment', 'status', 'scale'],
    ['statefulsets', 'StatefulSet', 'status', 'scale'],
    ['replicasets', 'ReplicaSet', 'status', 'scale'],
  ),
  ...of('batch/v1', ['jobs', 'Job', 'status'], ['cronjobs', 'CronJob', 'status']),
  ...of('policy/v1', ['poddisruptionbudgets', 'PodDisruptionBudget', 'status']),
  ...of('autoscaling/v2', ['horizontalpodautoscalers', 'HorizontalPodAutoscaler', 'status']),
  ...of('networking.k8s.io/v1', ['ingresses', 'Ingress', 'status'], ['networkpolicies', 'NetworkPolicy']),
  ...of('rbac.authorization.k8s.io/v1', ['roles', 'Role'], ['rolebindings', 'RoleBinding']),
  ...of('coordination.k8s.io/v1', ['leases', 'Lease']),
  ...of('apiextensions.k8s.io/v1', ['customresourcedefinitions', 'CustomResourceDefinition', 'status', 'cluster']),
];

const builtIn = (kind: string): Resource => BUILT_IN.find((resource) => resource.kind === kind)!;
export const NAMESPACES = builtIn('Namespace');
export const DEFINITIONS = builtIn('CustomResourceDefinition');

interface Definition {
  spec: {
    group: string;
    scope: string;
    names: { plural: string; kind: string };
    versions: { name: string; served: boolean; subresources?: Record<string, unknown> }[];
  };
}

/** The CustomResourceDefinition of a kind whose objects may hold anything. */
export const definitionOf = ({ group, version, plural, kind, namespaced, subresources }: Resource): object => ({
  ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
  metadata: {
    name: `${plural}.${group}`,
    // Groups of Kubernetes' own projects are not defined without it.
    annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' },
  },
  spec: {
    ...{ group, scope: namespaced ? 'Namespaced' : 'Cluster' },
    names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
    versions: [
      {
        ...{ name: version, served: true, storage: true },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        subresources: Object.fromEntries(subresources.map((name) => [name, {}])),
      },
    ],
  },
});

/** The kinds that a CustomResourceDefinition brings. */
export const definedBy = ({ spec }: Definition): Resource[] =>
  spec.versions
    .filter(({ served }) => served)
    .map(({ name, subresources = {} }) => ({
      ...{ group: spec.group, version: name, plural: spec.names.plural, kind: spec.names.kind },
      ...{ namespaced: spec.scope === 'Namespaced', subresources: Object.keys(subresources) },
    }));

export const groupVersionOf = ({ group, version }: Resource): string => (group ? `${group}/${version}` : version);
