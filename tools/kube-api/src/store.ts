import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { groupVersionOf, NAMESPACES, type Resource } from './resources.js';
import { type ApiObject, conflict, exists, gone, notFound } from './types.js';

export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: ApiObject;
  resource: Resource;
  version: number;
}

/** How many changes a watch can catch up with; who was away longer has to list again. */
const REMEMBERED = 1_000;

const keyOf = ({ group, plural }: Resource, namespace: string, name: string): string =>
  `${group}/${plural}/${namespace}/${name}`;

/** All objects, with one line of versions for everything that changes, as in etcd. */
export class Store {
  private readonly objects = new Map<string, ApiObject>();
  private readonly changes: Change[] = [];
  private readonly listeners = new EventEmitter().setMaxListeners(0);
  private version = 1;
  /** Changes up to here are forgotten. */
  private forgotten = 0;

  get resourceVersion(): string {
    return String(this.version);
  }

  get(resource: Resource, namespace: string, name: string): ApiObject {
    const found = this.objects.get(keyOf(resource, namespace, name));
    if (!found) throw notFound(`${resource.plural} "${name}"`);
    return structuredClone(found);
  }

  find(resource: Resource, namespace: string, name: string): ApiObject | undefined {
    const found = this.objects.get(keyOf(resource, namespace, name));
    return found && structuredClone(found);
  }

  list({ group, plural }: Resource, namespace: string): ApiObject[] {
    const prefix = `${group}/${plural}/${namespace ? `${namespace}/` : ''}`;
    const found = [...this.objects].filter(([key]) => key.startsWith(prefix)).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return found.map(([, object]) => structuredClone(object));
  }

  create(resource: Resource, namespace: string, object: ApiObject): ApiObject {
    const { name } = object.metadata;
    if (namespace && !this.objects.has(keyOf(NAMESPACES, '', namespace))) throw notFound(`namespaces "${namespace}"`);
    if (this.objects.has(keyOf(resource, namespace, name))) throw exists(`${resource.plural} "${name}"`);
    const metadata = {
      ...object.metadata,
      ...(resource.namespaced && { namespace }),
      ...{ uid: randomUUID(), generation: 1, creationTimestamp: new Date().toISOString().replace(/\.\d+Z/, 'Z') },
    };
    const created = this.put(
      resource,
      namespace,
      { ...object, apiVersion: groupVersionOf(resource), kind: resource.kind, metadata },
      'ADDED',
    );
    if (this.isOrphan(created)) this.delete(resource, namespace, name);
    return created;
  }

  /** @throws ApiError 409 when the object was changed since the version that is given with it */
  replace(resource: Resource, namespace: string, object: ApiObject): ApiObject {
    const current = this.get(resource, namespace, object.metadata.name);
    const { resourceVersion } = object.metadata;
    if (resourceVersion && resourceVersion !== current.metadata.resourceVersion)
      throw conflict(`${resource.plural} "${object.metadata.name}"`);
    const { uid, creationTimestamp, deletionTimestamp, generation = 1 } = current.metadata;
    const isOther = JSON.stringify(object['spec']) !== JSON.stringify(current['spec']);
    const metadata = {
      ...object.metadata,
      ...(resource.namespaced && { namespace }),
      ...(deletionTimestamp && { deletionTimestamp }),
    };
    Object.assign(metadata, { uid, creationTimestamp, generation: generation + (isOther ? 1 : 0) });
    const next = { ...object, apiVersion: groupVersionOf(resource), kind: resource.kind, metadata };
    if (isSame(next, current)) return current;
    if (deletionTimestamp && !metadata.finalizers?.length) return this.remove(resource, namespace, next);
    return this.put(resource, namespace, next, 'MODIFIED');
  }

  /** Something with finalizers is marked, and goes when the last of them is taken away. */
  delete(resource: Resource, namespace: string, name: string): ApiObject {
    const current = this.get(resource, namespace, name);
    if (!current.metadata.finalizers?.length) return this.remove(resource, namespace, current);
    if (current.metadata.deletionTimestamp) return current;
    current.metadata.deletionTimestamp = new Date().toISOString();
    return this.put(resource, namespace, current, 'MODIFIED');
  }

  /** What changed after a version, and then what changes. @throws ApiError 410 when that is too long ago */
  watch(since: number, listener: (change: Change) => void): () => void {
    if (since < this.forgotten) throw gone();
    for (const change of this.changes.filter(({ version }) => version > since)) listener(change);
    this.listeners.on('change', listener);
    return () => this.listeners.off('change', listener);
  }

  /** Forgets all changes, as a compaction of etcd does. */
  compact(): void {
    this.changes.length = 0;
    this.forgotten = this.version;
  }

  private put(resource: Resource, namespace: string, object: ApiObject, type: Change['type']): ApiObject {
    object.metadata.resourceVersion = String(++this.version);
    this.objects.set(keyOf(resource, namespace, object.metadata.name), structuredClone(object));
    this.tell({ type, object, resource, version: this.version });
    return structuredClone(object);
  }

  private remove(resource: Resource, namespace: string, object: ApiObject): ApiObject {
    this.objects.delete(keyOf(resource, namespace, object.metadata.name));
    object.metadata.resourceVersion = String(++this.version);
    this.tell({ type: 'DELETED', object, resource, version: this.version });
    this.removeOwned(object);
    return object;
  }

  /** It belongs to something that is gone already, as when the two happened at once. */
  private isOrphan({ metadata: { ownerReferences = [] } }: ApiObject): boolean {
    const uids = new Set([...this.objects.values()].map(({ metadata }) => metadata.uid));
    return ownerReferences.length > 0 && ownerReferences.every(({ uid }) => !uids.has(uid));
  }

  /** Garbage collection, at once: what belongs to something that is gone, goes. */
  private removeOwned({ metadata: { uid } }: ApiObject): void {
    for (const [key, object] of [...this.objects]) {
      if (!object.metadata.ownerReferences?.some((owner) => owner.uid === uid)) continue;
      const [group = '', plural = '', namespace = '', name = ''] = key.split('/');
      this.delete(
        { group, plural, version: '', kind: object.kind, namespaced: namespace !== '', subresources: [] },
        namespace,
        name,
      );
    }
  }

  private tell(change: Change): void {
    this.changes.push(structuredClone(change));
    if (this.changes.length > REMEMBERED) this.forgotten = this.changes.shift()!.version;
    this.listeners.emit('change', structuredClone(change));
  }
}

const isSame = (a: ApiObject, b: ApiObject): boolean => {
  const plain = ({ metadata: { resourceVersion: _, ...metadata }, ...rest }: ApiObject) =>
    JSON.stringify(sorted({ ...rest, metadata }));
  return plain(a) === plain(b);
};

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([, one]) => one !== undefined)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, one]) => [key, sorted(one)]),
        )
      : value;
