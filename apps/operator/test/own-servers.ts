import { type ApiObject, KubeServers, type RealKubeApi } from '@relais/kube-api';
import { chartObjects } from './chart.js';

/** Servers that know the kinds of the chart. */
export const ownServers = (): KubeServers =>
  new KubeServers({ definitions: chartObjects().filter(({ kind }) => kind === 'CustomResourceDefinition') });

const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/relais';
const KINDS: Readonly<Record<string, string>> = {
  ServiceAccount: '/api/v1/namespaces/relais/serviceaccounts',
  Role: `${RBAC}/roles`,
  RoleBinding: `${RBAC}/rolebindings`,
};

/** The account of the operator, with the rights that the chart gives it with these values. */
export async function withRights(
  server: RealKubeApi,
  ask: (method: string, path: string, body?: object) => Promise<ApiObject>,
  values: readonly string[],
): Promise<Record<string, string>> {
  for (const object of chartObjects(...values)) {
    const path = KINDS[object.kind];
    if (path) await ask('POST', path, object);
  }
  return server.accountOf('relais', 'm-operator');
}

/** What the API server says against it; `taken` where that is nothing. */
export const refused = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'taken',
    (error: Error) => error.message,
  );
