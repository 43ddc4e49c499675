import type { PeopleQuota } from '@relais/contracts';
import { OwnOrganization } from './own-organization.js';

/** As the API answers a bot. */
export class MemoryOwnOrganization extends OwnOrganization {
  quota: PeopleQuota = { maxPeople: null, people: 1 };
  /** What was done, as `quota 5`. */
  readonly log: string[] = [];
  /** How often it was asked. */
  reads = 0;
  /** Thrown instead of an answer, as long as it is there. */
  problem: Error | undefined;

  override async readQuota(): Promise<PeopleQuota> {
    this.reads++;
    this.assertWell();
    return this.quota;
  }

  override async setQuota(maxPeople: number | null): Promise<PeopleQuota> {
    this.assertWell();
    this.log.push(`quota ${maxPeople}`);
    this.quota = { ...this.quota, maxPeople };
    return this.quota;
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  private assertWell(): void {
    if (this.problem) throw this.problem;
  }
}
