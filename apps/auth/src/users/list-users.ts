import { Injectable } from '@nestjs/common';
import type { listUsers } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { actorOf } from '../permissions/actor.postgres.js';
import { has } from '../permissions/permissions.js';
import { PersonalData } from '../sealing/personal-data.js';
import { fromCursor, toCursor } from './cursor.js';
import { listUserRows, toUser, type UserRow } from './user-rows.postgres.js';

/** People of the organization: for members those who are active, by id and name only. */
@Injectable()
export class ListUsersHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
  ) {}

  async execute(
    principal: Principal,
    page: z.output<typeof listUsers.input>,
  ): Promise<z.input<typeof listUsers.output>> {
    const { organizationId } = principal;
    const after = fromCursor(page.cursor);
    const { found, seesDetails } = await this.db.within(organizationId, async (tx) => {
      const actor = await actorOf(tx, principal);
      const seesDetails = has(actor.role, 'see_details');
      const selection = { after, limit: page.limit + 1, onlyActive: !seesDetails };
      return { found: await listUserRows(tx, organizationId, selection), seesDetails };
    });
    const items = found.slice(0, page.limit);
    const next = found.length > page.limit ? items.at(-1)?.id : undefined;
    return { items: await this.describe(principal, items, seesDetails), ...(next ? { next: toCursor(next) } : {}) };
  }

  private async describe({ organizationId }: Principal, items: UserRow[], seesDetails: boolean) {
    const names = items.map((user) => user.display_name_sealed);
    const reader = await this.personal.reader(organizationId, names);
    return items.map((item) => {
      const user = toUser(reader, item);
      return seesDetails ? user : { id: user.id, displayName: user.displayName };
    });
  }
}
