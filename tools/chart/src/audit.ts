import { type Container, containersOf, type KubernetesObject, podOf, type PodSpec } from './kubernetes.js';

interface Options {
  /** User ids come from the namespace. */
  openshift?: boolean;
}

/** What the Pod Security Standard "restricted" and the NSA/CISA hardening guide find in a pod; empty where nothing. */
export function podFindings(object: KubernetesObject, options: Options = {}): string[] {
  const pod = podOf(object);
  if (!pod) return [];
  return [
    ...ofPod(pod, options),
    ...containersOf(pod).flatMap((container) =>
      ofContainer(container, pod).map((what) => `${container.name}: ${what}`),
    ),
  ].map((what) => `${object.kind}/${object.metadata.name}: ${what}`);
}

/** The volumes that "restricted" allows and this chart uses. */
const VOLUMES = ['configMap', 'secret', 'emptyDir', 'projected', 'persistentVolumeClaim'];
/** What speaks to the API server is given a token: what makes secrets, and the operator. */
const HAS_TOKEN = /-(bootstrap|operator)$/;

function ofPod({ securityContext, ...pod }: PodSpec, { openshift = false }: Options): string[] {
  const volumes = (pod.volumes ?? []).filter((volume) => !VOLUMES.some((kind) => kind in volume));
  const mayHaveToken = HAS_TOKEN.test(pod.serviceAccountName ?? '');
  return [
    ...(securityContext?.runAsNonRoot ? [] : ['may run as root']),
    ...(openshift || (securityContext?.runAsUser ?? 0) > 0 ? [] : ['has no user id of its own']),
    ...(openshift && (securityContext?.runAsUser ?? securityContext?.fsGroup) !== undefined ? ['has a user id'] : []),
    ...(securityContext?.seccompProfile?.type === 'RuntimeDefault' ? [] : ['has no seccomp profile']),
    ...(pod.automountServiceAccountToken === mayHaveToken ? [] : ['is given a token of the API server']),
    ...(pod.serviceAccountName ? [] : ['has no account of its own']),
    ...(pod.hostNetwork || pod.hostPID || pod.hostIPC ? ['uses a namespace of the node'] : []),
    ...volumes.map(({ name }) => `volume ${name} is of a kind that is not allowed`),
  ];
}

function ofContainer({ securityContext: context, resources }: Container, { securityContext: of }: PodSpec): string[] {
  return [
    ...(context?.allowPrivilegeEscalation === false ? [] : ['may gain privileges']),
    ...(context?.readOnlyRootFilesystem ? [] : ['may write its own files']),
    ...(context?.privileged ? ['is privileged'] : []),
    ...((context?.runAsNonRoot ?? of?.runAsNonRoot) ? [] : ['may run as root']),
    ...(context?.capabilities?.drop?.includes('ALL') && !context.capabilities.add ? [] : ['has capabilities']),
    ...(resources?.requests?.['cpu'] && resources.requests['memory'] ? [] : ['asks for no resources']),
    ...(resources?.limits?.['memory'] ? [] : ['has no limit of memory']),
  ];
}
