import type { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import { isCode, type KubernetesObject } from '../kubernetes/objects.js';
import { type Lease, LeaseStore, type NewLease } from './lease-store.js';

interface LeaseObject extends KubernetesObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

/** A Lease of coordination.k8s.io. It needs to create leases, and to get and update this one. */
export class KubernetesLeaseStore extends LeaseStore {
  private readonly leases: string;

  constructor(
    private readonly api: KubernetesApi,
    namespace: string,
    private readonly name: string,
  ) {
    super();
    this.leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  }

  async read(): Promise<Lease | null> {
    const found = await this.api.get<LeaseObject>(`${this.leases}/${this.name}`);
    return found && toLease(found);
  }

  async create(lease: NewLease): Promise<Lease | null> {
    return this.written(() => this.api.create<LeaseObject>(this.leases, this.objectOf(lease)));
  }

  async replace(lease: Lease): Promise<Lease | null> {
    const { uid, version: resourceVersion } = lease;
    const object = this.objectOf(lease, { uid, resourceVersion });
    return this.written(() => this.api.replace<LeaseObject>(`${this.leases}/${this.name}`, object));
  }

  private async written(write: () => Promise<LeaseObject>): Promise<Lease | null> {
    try {
      return toLease(await write());
    } catch (error) {
      if (isCode(error, 404, 409)) return null;
      throw error;
    }
  }

  private objectOf(lease: NewLease, metadata: object = {}): LeaseObject {
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...metadata, name: this.name },
      spec: {
        holderIdentity: lease.holder,
        leaseDurationSeconds: lease.durationSeconds,
        acquireTime: microTime(lease.acquiredAt),
        renewTime: microTime(lease.renewedAt),
        leaseTransitions: lease.transitions,
      },
    };
  }
}

/** Six digits after the point: with three, the API server refuses it. */
const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z');

function toLease({ metadata, spec = {} }: LeaseObject): Lease {
  return {
    uid: metadata.uid ?? '',
    version: metadata.resourceVersion ?? '',
    holder: spec.holderIdentity ?? '',
    durationSeconds: spec.leaseDurationSeconds ?? 0,
    acquiredAt: new Date(spec.acquireTime ?? 0),
    renewedAt: new Date(spec.renewTime ?? 0),
    transitions: spec.leaseTransitions ?? 0,
  };
}
