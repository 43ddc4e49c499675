import type { KubernetesObject } from './kubernetes.js';

interface Validated {
  validate(): void;
}
type Model = new (object: object) => Validated;

/** Where the validators of an API group are; what has none here is looked at by nobody but `fieldProblems`. */
const PACKAGES: Readonly<Record<string, string>> = {
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'cert-manager.io': '@kubernetes-models/cert-manager',
  'keda.sh': '@kubernetes-models/keda',
};
/** Kinds of operators that publish no models. */
const WITHOUT_MODEL = ['postgresql.cnpg.io/v1'];

/** Required fields, enums and formats, by the schemas of Kubernetes and of the operators. @returns what is wrong with it */
export async function validationProblem(object: KubernetesObject): Promise<string | null> {
  if (WITHOUT_MODEL.includes(object.apiVersion)) return null;
  const [group = '', version] = object.apiVersion.includes('/')
    ? object.apiVersion.split('/')
    : ['', object.apiVersion];
  const path = PACKAGES[group]
    ? `${PACKAGES[group]}/${group}/${version}`
    : `kubernetes-models/${group && `${group}/`}${version}`;
  const { [object.kind]: Kind } = (await import(path)) as Record<string, Model | undefined>;
  if (!Kind) return `there is no ${object.kind} in ${object.apiVersion}`;
  try {
    new Kind(object).validate();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
