import { Injectable } from '@nestjs/common';
import type { UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Database } from '../database/database.js';
import { activeUsers } from './user-rows.postgres.js';

/** Which of these ids are active people of the caller's organization, in the order asked. */
@Injectable()
export class ResolveUsersHandler {
  constructor(private readonly db: Database) {}

  async execute({ organizationId }: Principal, userIds: readonly UserId[]): Promise<{ userIds: UserId[] }> {
    const active = await this.db.within(organizationId, (tx) => activeUsers(tx, organizationId, userIds));
    return { userIds: [...new Set(userIds)].filter((id) => active.has(id)) };
  }
}
