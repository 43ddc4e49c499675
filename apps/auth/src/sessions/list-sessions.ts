import { Injectable } from '@nestjs/common';
import type { Session } from '@relais/contracts';
import { Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Database } from '../database/database.js';
import { PersonalData } from '../sealing/personal-data.js';
import { isOver, listSessionRows } from './session-rows.postgres.js';

/** The caller's own sessions, the last used first. */
@Injectable()
export class ListSessionsHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly clock: Clock,
  ) {}

  async execute({ organizationId, userId, sessionId }: Principal): Promise<{ items: Session[] }> {
    const found = await this.db.within(organizationId, (tx) => listSessionRows(tx, organizationId, userId));
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
      authenticatedAt: session.authenticated_at.toISOString(),
      isBeforeChange: session.is_before_change,
      current: session.id === sessionId,
    }));
    return { items };
  }
}
