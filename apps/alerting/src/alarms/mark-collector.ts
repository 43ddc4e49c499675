import type { AlarmMark } from '@relais/contracts';
import type { Database } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { alarmDelivered } from '../metrics.js';
import { mark } from '../notifications/notification-rows.postgres.js';

type Mark = AlarmMark & { userId: UserId };

/** Thousands of devices acknowledge one alarm at once: what comes while a write is under way goes into the next. */
export class MarkCollector {
  private readonly waiting = new Map<OrganizationId, { marks: Mark[]; written: Promise<void> }>();
  private readonly writing = new Map<OrganizationId, Promise<void>>();

  constructor(private readonly db: Database) {}

  /** Resolves when the marks are committed. */
  add(organizationId: OrganizationId, marks: readonly Mark[]): Promise<void> {
    const batch = this.waiting.get(organizationId) ?? this.open(organizationId);
    batch.marks.push(...marks);
    return batch.written;
  }

  private open(organizationId: OrganizationId): { marks: Mark[]; written: Promise<void> } {
    const marks: Mark[] = [];
    const before = this.writing.get(organizationId)?.catch(() => undefined);
    const written = (before ?? Promise.resolve()).then(() => {
      this.waiting.delete(organizationId);
      const write = this.write(organizationId, marks);
      this.writing.set(organizationId, write);
      return write;
    });
    const batch = { marks, written };
    this.waiting.set(organizationId, batch);
    return batch;
  }

  private async write(organizationId: OrganizationId, marks: readonly Mark[]): Promise<void> {
    const marked = await this.db.within(organizationId, (tx) => mark(tx, organizationId, marks));
    for (const { severity, path, is_new, is_silent, after_seconds } of marked)
      if (is_new && !is_silent) alarmDelivered(severity, path, after_seconds);
  }
}
