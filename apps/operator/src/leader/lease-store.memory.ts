import { type Lease, LeaseStore, type NewLease } from './lease-store.js';

export class MemoryLeaseStore extends LeaseStore {
  private lease: Lease | null = null;
  private version = 0;

  async read(): Promise<Lease | null> {
    return this.lease && { ...this.lease };
  }

  async create(lease: NewLease): Promise<Lease | null> {
    if (this.lease) return null;
    this.lease = { ...lease, uid: `lease-${++this.version}`, version: String(this.version) };
    return { ...this.lease };
  }

  async replace(lease: Lease): Promise<Lease | null> {
    if (this.lease?.version !== lease.version) return null;
    this.lease = { ...lease, version: String(++this.version) };
    return { ...this.lease };
  }

  delete(): void {
    this.lease = null;
  }
}
