import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { listSecurityNotices } from '@relais/contracts';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { fromCursor, toCursor } from '../users/cursor.js';
import { listNoticeRows } from './notice-rows.postgres.js';

/** What happened to the caller's own account. */
@Injectable()
export class ListSecurityNoticesHandler {
  constructor(private readonly db: Database) {}

  @Serves(listSecurityNotices)
  async list(
    { cursor, limit }: z.output<typeof listSecurityNotices.input>,
    { principal: { organizationId, userId } }: RequestContext,
  ): Promise<z.input<typeof listSecurityNotices.output>> {
    const before = fromCursor(cursor);
    const found = await this.db.within(organizationId, (tx) =>
      listNoticeRows(tx, organizationId, userId, { before, limit: limit + 1 }),
    );
    const items = found.slice(0, limit);
    const last = found.length > limit ? items.at(-1) : undefined;
    return { items, ...(last ? { next: toCursor(last.id) } : {}) };
  }
}
