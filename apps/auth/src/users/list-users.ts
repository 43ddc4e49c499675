import { Injectable } from '@nestjs/common';
import { listUsers } from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { askerOf } from '../bots/bot-visibility.postgres.js';
import { seenBy } from '../contact-policy/seen-by.js';
import { Database } from '../database/database.js';
import { actorOf, poolsIn } from '../permissions/actor.postgres.js';
import { type Grants, holds } from '../permissions/grants.js';
import { PersonalData } from '../sealing/personal-data.js';
import { fromCursor, toCursor } from './cursor.js';
import { isFoundBy, lookedUp, wordsOf } from './name-words.js';
import { listUserRows, searchUserRows, toUser, type UserRow } from './user-rows.postgres.js';

/**
 * People of the organization whom the caller may see, and the bots granted to the caller: to members those who are active, by id and name only; a
 * delegate sees the rest of the people in their pools. A search takes from these whose names begin like its words; names are found
 * by digests of their beginnings, and who is found is held against the words themselves, so a page may be shorter than asked for.
 */
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
    const words = page.search === undefined ? null : wordsOf(page.search);
    const beginnings = words && (await this.beginningsFor(organizationId, words));
    const { found, grants } = await this.db.within(organizationId, async (tx) => {
      const actor = await actorOf(tx, principal);
      const inactiveIn = poolsIn(actor.grants.get('see_details') ?? new Set());
      const seen = await seenBy(tx, organizationId, principal.userId);
      const selection = { after, limit: page.limit + 1, inactiveIn, seen };
      const asker = askerOf(principal);
      const found = await (beginnings
        ? searchUserRows(tx, organizationId, asker, selection, beginnings)
        : listUserRows(tx, organizationId, asker, selection));
      return { found, grants: actor.grants };
    });
    const shown = found.slice(0, page.limit);
    const next = found.length > page.limit ? shown.at(-1)?.id : undefined;
    const described = await this.describe(principal, shown, grants);
    const items = words ? described.filter(({ displayName }) => isFoundBy(displayName, words)) : described;
    return { items, ...(next ? { next: toCursor(next) } : {}) };
  }

  private async beginningsFor(organizationId: OrganizationId, words: readonly string[]): Promise<string[]> {
    const found = lookedUp(words);
    if (found.length === 0) throw listUsers.fail('search_too_short');
    return this.personal.digestBeginnings(organizationId, found);
  }

  private async describe({ organizationId }: Principal, items: UserRow[], grants: Grants) {
    const names = items.map((user) => user.display_name_sealed);
    const reader = await this.personal.reader(organizationId, names);
    return items.map((item) => {
      const user = toUser(reader, item);
      if (holds(grants, 'see_details', item.pool_ids)) return user;
      const { id, displayName, isBot } = user;
      return { id, displayName, ...(isBot ? { isBot } : {}) };
    });
  }
}
