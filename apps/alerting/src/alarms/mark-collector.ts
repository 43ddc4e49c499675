import { setTimeout as pause } from 'node:timers/promises';
import type { AlarmMark } from '@relais/contracts';
import type { Database } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { alarmDelivered } from '../metrics.js';
import { mark } from '../notifications/mark.postgres.js';

type Mark = AlarmMark & { userId: UserId };

/** For so long after a write of an organization its next marks are collected, ms. */
const COLLECT_MS = 50;

/**
 * Thousands of devices acknowledge one alarm at once: what comes while a write is under way, and shortly after it, goes into the
 * next. A mark that comes alone is written at once.
 */
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
    const written = (this.writing.get(organizationId) ?? Promise.resolve()).then(() => {
      this.waiting.delete(organizationId);
      const write = this.write(organizationId, marks);
      const rest = write.catch(() => undefined).then(() => pause(COLLECT_MS));
      this.writing.set(organizationId, rest);
      void rest.then(() => {
        if (this.writing.get(organizationId) === rest) this.writing.delete(organizationId);
      });
      return write;
    });
    const batch = { marks, written };
    this.waiting.set(organizationId, batch);
    return batch;
  }

  private async write(organizationId: OrganizationId, marks: readonly Mark[]): Promise<void> {
    const marked = await this.db.within(organizationId, (tx) => mark(tx, organizationId, marks));
    for (const { severity, path, isNew, isSilent, afterSeconds } of marked)
      if (isNew && !isSilent) alarmDelivered(severity, path, afterSeconds);
  }
}
