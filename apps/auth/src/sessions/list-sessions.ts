import { Injectable } from '@nestjs/common';
import type { Session } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import { Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { DataSource } from 'typeorm';
import { rows } from '../database/sql.js';
import { PersonalData } from '../sealing/personal-data.js';
import { isOver, type SessionRow } from './session-rows.postgres.js';

type ListedRow = SessionRow & { name_sealed: Buffer };

/** The caller's own sessions, the last used first. */
@Injectable()
export class ListSessionsHandler {
  constructor(
    private readonly db: DataSource,
    private readonly personal: PersonalData,
    private readonly clock: Clock,
  ) {}

  async execute({ organizationId, userId, sessionId }: Principal): Promise<{ items: Session[] }> {
    const found = await withOrganization(this.db, organizationId, (tx) =>
      rows<ListedRow>(
        tx,
        `SELECT s.*, d.name_sealed FROM session s
         JOIN device d ON d.organization_id = s.organization_id AND d.id = s.device_id
         WHERE s.organization_id = $1 AND s.user_id = $2 ORDER BY s.last_used_at DESC, s.id`,
        [organizationId, userId],
      ),
    );
    const now = this.clock.now();
    const living = found.filter((session) => !isOver(session, now));
    const reader = await this.personal.reader(
      organizationId,
      living.map((session) => session.name_sealed),
    );
    const items = living.map((session) => ({
      id: session.id,
      deviceId: session.device_id,
      deviceName: reader.open('device.name', session.device_id, session.name_sealed),
      createdAt: session.created_at.toISOString(),
      lastUsedAt: session.last_used_at.toISOString(),
      current: session.id === sessionId,
    }));
    return { items };
  }
}
