import { type AlarmPath, alarmPath } from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';

interface Lane {
  groups: number;
  /** Ends with the last of them. */
  work: Promise<void>;
}

/** What is being sent here: of each organization and way one group at a time, so that no way waits for another. */
export class Lanes {
  private readonly byOrganization = new Map<OrganizationId, Map<AlarmPath, Lane>>();

  /** The ways by which nothing is being sent. */
  free(organizationId: OrganizationId): AlarmPath[] {
    const lanes = this.byOrganization.get(organizationId);
    return alarmPath.options.filter((path) => !lanes?.has(path));
  }

  /** How many groups there are, with the one that is being sent. */
  groups(organizationId: OrganizationId, path: AlarmPath): number {
    return this.byOrganization.get(organizationId)?.get(path)?.groups ?? 0;
  }

  /** Sends a group after those that came before by the same way. `send` must not throw. */
  open(organizationId: OrganizationId, path: AlarmPath, send: () => Promise<void>): Promise<void> {
    const lanes = this.byOrganization.get(organizationId) ?? new Map<AlarmPath, Lane>();
    this.byOrganization.set(organizationId, lanes);
    const lane = lanes.get(path) ?? { groups: 0, work: Promise.resolve() };
    lanes.set(path, lane);
    lane.groups++;
    return (lane.work = lane.work.then(send).finally(() => {
      if (--lane.groups === 0) lanes.delete(path);
      if (lanes.size === 0) this.byOrganization.delete(organizationId);
    }));
  }

  running(): Promise<void>[] {
    return [...this.byOrganization.values()].flatMap((lanes) => [...lanes.values()].map(({ work }) => work));
  }
}
