import { ownUpdates, serverSideApply } from './apply.js';
import { type Address, matchesSelector } from './address.js';
import { checkIdentity, checkMetadata, checkType } from './checks.js';
import { jsonPatch, mergePatch, strategicMergePatch } from './patches.js';
import { BUILT_IN, groupVersionOf, type Resource } from './resources.js';
import { type Store } from './store.js';
import { type ApiObject, bad, conflict, invalid } from './types.js';

export interface Asked {
  query: URLSearchParams;
  contentType: string;
  body: unknown;
}

/** Looks at an object before it is stored; throws ApiError to refuse it. */
export type Admission = (object: ApiObject) => void;

/** What may be asked of one kind: each method an HTTP request, without its HTTP. */
export class Operations {
  constructor(
    private readonly store: Store,
    private readonly admit: Admission,
  ) {}

  get({ resource, namespace, name, subresource }: Address): ApiObject {
    const object = this.store.get(resource, namespace, name);
    return subresource === 'scale' ? scaleOf(object) : object;
  }

  has({ resource, namespace, name }: Address): boolean {
    return this.store.find(resource, namespace, name) !== undefined;
  }

  list({ resource, namespace }: Address, query: URLSearchParams): object {
    const found = this.store.list(resource, namespace).filter((object) => isSelected(object, query));
    // A list of a kind of Kubernetes' own says once what its items are.
    const items = BUILT_IN.includes(resource) ? found.map(({ apiVersion: _, kind: __, ...rest }) => rest) : found;
    const metadata = { resourceVersion: this.store.resourceVersion };
    return { apiVersion: groupVersionOf(resource), kind: `${resource.kind}List`, metadata, items };
  }

  create({ resource, namespace }: Address, { query, body }: Asked): ApiObject {
    if (query.has('dryRun')) throw bad('only what is applied is tried here');
    const sent = this.checked(body, resource, namespace);
    if (sent.metadata.generateName && !sent.metadata.name)
      sent.metadata.name = `${String(sent.metadata.generateName)}${this.store.resourceVersion}`;
    if (!sent.metadata.name) throw invalid('metadata.name is required');
    if (resource.subresources.includes('status') && resource.group !== 'batch') delete sent['status'];
    sent.metadata.managedFields = ownUpdates(undefined, sent, managerOf(query, resource));
    return this.store.create(resource, namespace, sent);
  }

  replace(address: Address, { query, body }: Asked): ApiObject {
    const { resource, namespace, subresource } = address;
    const sent = this.checked(body, resource, namespace, subresource === 'scale' ? 'Scale' : resource.kind);
    return this.change(address, query, (current) => {
      checkIdentity(sent, current, resource);
      return sent;
    });
  }

  patch(address: Address, asked: Asked): ApiObject {
    if (asked.contentType.startsWith('application/apply-patch')) return this.apply(address, asked);
    return this.change(address, asked.query, (current) => {
      const patched = patchedBy(asked, current) as ApiObject;
      return this.checked(patched, address.resource, address.namespace, patched.kind);
    });
  }

  delete({ resource, namespace, name }: Address, { body }: Asked): ApiObject {
    const { uid } = (body as { preconditions?: { uid?: string } } | undefined)?.preconditions ?? {};
    if (uid && uid !== this.store.get(resource, namespace, name).metadata.uid)
      throw conflict(`${resource.plural} "${name}"`);
    return this.store.delete(resource, namespace, name);
  }

  /** A subresource changes its own part of the object and nothing else; the object itself never its status. */
  private change(address: Address, query: URLSearchParams, changed: (current: ApiObject) => ApiObject): ApiObject {
    const { resource, namespace, name, subresource } = address;
    const current = this.store.get(resource, namespace, name);
    const sent = changed(subresource === 'scale' ? scaleOf(current) : structuredClone(current));
    if (query.has('dryRun')) throw bad('only what is applied is tried here');
    checkType(sent, current);
    const next = partOf(current, sent, subresource, resource.subresources.includes('status'));
    next.metadata.managedFields = ownUpdates(current, next, managerOf(query, resource));
    const stored = this.store.replace(resource, namespace, next);
    return subresource === 'scale' ? scaleOf(stored) : stored;
  }

  private apply({ resource, namespace, name, subresource }: Address, { query, body }: Asked): ApiObject {
    const manager = query.get('fieldManager');
    if (!manager) throw bad('fieldManager is required for apply patch');
    const sent = this.checked(body, resource, namespace);
    sent.metadata = { ...sent.metadata, name };
    const current = this.store.find(resource, namespace, name);
    if (subresource === 'status') delete sent['spec'];
    const applied = serverSideApply(current, sent, {
      ...{ manager, apiVersion: groupVersionOf(resource) },
      force: query.get('force') === 'true',
    });
    if (current) checkType(applied, current);
    if (query.get('dryRun') === 'All') return applied;
    if (!current) return this.store.create(resource, namespace, applied);
    const { resourceVersion } = (body as ApiObject).metadata;
    applied.metadata.resourceVersion = resourceVersion ?? current.metadata.resourceVersion!;
    return this.store.replace(resource, namespace, applied);
  }

  private checked(body: unknown, resource: Resource, namespace: string, kind = resource.kind): ApiObject {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) throw bad('the body is no object');
    const object = structuredClone(body) as ApiObject;
    if (object.kind && object.kind !== kind) throw bad(`a ${object.kind} is no ${kind}`);
    object.metadata ??= { name: '' };
    checkMetadata(object, resource, namespace);
    this.admit(object);
    return object;
  }
}

const managerOf = (query: URLSearchParams, resource: Resource) => ({
  manager: query.get('fieldManager') ?? 'unknown',
  apiVersion: groupVersionOf(resource),
});

const patchedBy = ({ contentType, body }: Asked, current: ApiObject): unknown => {
  if (contentType.startsWith('application/json-patch+json')) return jsonPatch(current, body as never);
  if (contentType.startsWith('application/strategic-merge-patch+json')) return strategicMergePatch(current, body);
  if (contentType.startsWith('application/merge-patch+json')) return mergePatch(current, body);
  throw bad(`there is no patch of ${contentType}`);
};

function partOf(current: ApiObject, sent: ApiObject, subresource: string, hasStatus: boolean): ApiObject {
  const { resourceVersion } = sent.metadata;
  const metadata = { ...current.metadata, ...(resourceVersion && { resourceVersion }) };
  if (subresource === 'status') return { ...current, metadata, status: sent['status'] };
  if (subresource === 'scale')
    return { ...current, metadata, spec: { ...current['spec'], replicas: sent['spec']?.replicas } };
  return hasStatus && 'status' in current ? { ...sent, status: current['status'] } : sent;
}

const scaleOf = ({ metadata, spec, status }: ApiObject): ApiObject => ({
  ...{ apiVersion: 'autoscaling/v1', kind: 'Scale' },
  metadata: {
    name: metadata.name,
    ...(metadata.namespace && { namespace: metadata.namespace }),
    ...(metadata.uid && { uid: metadata.uid }),
    ...(metadata.resourceVersion && { resourceVersion: metadata.resourceVersion }),
  },
  spec: { replicas: spec?.replicas ?? 1 },
  status: { replicas: status?.replicas ?? 0 },
});

export function isSelected({ metadata }: ApiObject, query: URLSearchParams): boolean {
  const field = /^metadata\.name=(.*)$/.exec(query.get('fieldSelector') ?? '')?.[1];
  return (
    matchesSelector(query.get('labelSelector') ?? '', metadata.labels) &&
    (field === undefined || field === metadata.name)
  );
}
