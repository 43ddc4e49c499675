import { Injectable } from '@nestjs/common';
import { withOrganization } from '@relais/database';
import type { UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { DataSource } from 'typeorm';
import { rows } from '../database/sql.js';

/** Which of these ids are active people of the caller's organization, in the order asked. */
@Injectable()
export class ResolveUsersHandler {
  constructor(private readonly db: DataSource) {}

  async execute({ organizationId }: Principal, userIds: readonly UserId[]): Promise<{ userIds: UserId[] }> {
    const found = await withOrganization(this.db, organizationId, (tx) =>
      rows<{ id: UserId }>(
        tx,
        `SELECT u.id FROM app_user u WHERE u.organization_id = $1 AND u.id = ANY($2::uuid[]) AND u.state = 'active'`,
        [organizationId, userIds],
      ),
    );
    const active = new Set(found.map(({ id }) => id));
    return { userIds: [...new Set(userIds)].filter((id) => active.has(id)) };
  }
}
