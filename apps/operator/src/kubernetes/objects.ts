/** Of the kinds that are ours. */
export const GROUP_VERSION = 'relais.io/v1alpha1';

/** As much of an object as the operator looks at, whatever its kind. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
}

export interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  annotations?: Record<string, string>;
  deletionTimestamp?: string;
  managedFields?: { manager?: string; operation?: string; fieldsV1?: Fields }[];
}

export interface Fields {
  [field: string]: Fields;
}

/** What the API server said instead of doing what it was asked. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';

  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export const isCode = (error: unknown, ...codes: number[]): boolean =>
  error instanceof KubernetesError && codes.includes(error.code);
