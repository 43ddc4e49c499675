import { Injectable } from '@nestjs/common';
import type { UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { askerOf } from '../bots/bot-visibility.postgres.js';
import { seenBy } from '../contact-policy/seen-by.js';
import { Database } from '../database/database.js';
import { activeUsers } from './user-rows.postgres.js';

/**
 * Which of these ids are active people of the caller's organization whom they may see, or bots granted to them, in the order
 * asked. Who may not be seen is answered like who does not exist.
 */
@Injectable()
export class ResolveUsersHandler {
  constructor(private readonly db: Database) {}

  async execute(principal: Principal, userIds: readonly UserId[]): Promise<{ userIds: UserId[] }> {
    const { organizationId } = principal;
    const active = await this.db.within(organizationId, async (tx) =>
      activeUsers(tx, organizationId, askerOf(principal), userIds, await seenBy(tx, organizationId, principal.userId)),
    );
    return { userIds: [...new Set(userIds)].filter((id) => active.has(id)) };
  }
}
