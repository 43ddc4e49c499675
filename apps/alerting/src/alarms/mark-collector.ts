import type { AlarmMark } from '@relais/contracts';
import type { Database } from '@relais/database';
import { Gathering, type OrganizationId, type UserId } from '@relais/kernel';
import { alarmDelivered } from '../metrics.js';
import { mark } from '../notifications/mark.postgres.js';

type Mark = AlarmMark & { userId: UserId };

/** For so long after a write of an organization its next marks are collected, ms. */
const COLLECT_MS = 50;

/** Thousands of devices acknowledge one alarm at once: those of an organization are written together. */
export class MarkCollector {
  /** One for each organization that ever marked anything here. */
  private readonly gathered = new Map<OrganizationId, Gathering<Mark>>();

  constructor(private readonly db: Database) {}

  /** Resolves when the marks are committed. */
  add(organizationId: OrganizationId, marks: readonly Mark[]): Promise<void> {
    const own =
      this.gathered.get(organizationId) ?? new Gathering<Mark>((all) => this.write(organizationId, all), COLLECT_MS);
    this.gathered.set(organizationId, own);
    return own.add(marks);
  }

  private async write(organizationId: OrganizationId, marks: readonly Mark[]): Promise<void> {
    const marked = await this.db.within(organizationId, (tx) => mark(tx, organizationId, marks));
    for (const { severity, path, isNew, isSilent, afterSeconds } of marked)
      if (isNew && !isSilent) alarmDelivered(severity, path, afterSeconds);
  }
}
