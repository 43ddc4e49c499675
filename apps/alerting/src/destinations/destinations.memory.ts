import type { OrganizationId, UserId } from '@relais/kernel';
import { type Destination, Destinations, KINDS, type OutsidePath } from '../senders/destinations.js';

/** For tests of what sends. */
export class MemoryDestinations extends Destinations {
  private readonly all = new Map<OrganizationId, Destination[]>();

  add(organizationId: OrganizationId, destination: Destination): void {
    this.all.set(organizationId, [...(this.all.get(organizationId) ?? []), destination]);
  }

  override of(
    organizationId: OrganizationId,
    userIds: readonly UserId[],
    path: OutsidePath,
  ): Promise<ReadonlyMap<UserId, readonly Destination[]>> {
    const found = (this.all.get(organizationId) ?? []).filter(
      ({ userId, address }) => userIds.includes(userId) && KINDS[path].includes(address.kind),
    );
    return Promise.resolve(Map.groupBy(found, ({ userId }) => userId));
  }

  override anyToWake(organizationId: OrganizationId): Promise<boolean> {
    const all = this.all.get(organizationId) ?? [];
    return Promise.resolve(all.some(({ address }) => KINDS.push.includes(address.kind)));
  }

  override forget(organizationId: OrganizationId, { id }: Destination): Promise<void> {
    const left = (this.all.get(organizationId) ?? []).filter((one) => one.id !== id);
    this.all.set(organizationId, left);
    return Promise.resolve();
  }
}
