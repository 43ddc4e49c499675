/** An object as the API gives and takes it. */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  // What is in it depends on the kind.
  // eslint-disable-next-line typescript/no-explicit-any
  [field: string]: any;
}

export interface Metadata {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  finalizers?: string[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
  managedFields?: ManagedFields[];
}

/** Which fields a manager has set, by server-side apply or by other means. */
export interface ManagedFields {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  fieldsType: 'FieldsV1';
  /** `{ "f:spec": { "f:replicas": {} } }` */
  fieldsV1: Fields;
}
export interface Fields {
  [field: `f:${string}`]: Fields;
}

/** An answer that is no object: what Kubernetes calls a Status. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }

  get status(): object {
    return {
      ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
      ...{ message: this.message, reason: this.reason, code: this.code },
    };
  }
}

export const notFound = (what: string): ApiError => new ApiError(404, 'NotFound', `${what} not found`);
export const conflict = (what: string): ApiError =>
  new ApiError(409, 'Conflict', `Operation cannot be fulfilled on ${what}: the object has been modified`);
export const exists = (what: string): ApiError => new ApiError(409, 'AlreadyExists', `${what} already exists`);
export const gone = (): ApiError => new ApiError(410, 'Expired', 'too old resource version');
export const invalid = (message: string): ApiError => new ApiError(422, 'Invalid', message);
export const bad = (message: string): ApiError => new ApiError(400, 'BadRequest', message);
