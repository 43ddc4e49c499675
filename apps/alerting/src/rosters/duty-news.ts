import { Injectable } from '@nestjs/common';
import { Database } from '@relais/database';
import type { Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { SocketPath } from '../notifications/socket-path.js';
import { Sealing } from '../sealing.js';
import { concernedBy, dutiesOf } from './duty-rows.postgres.js';
import { findRoster } from './roster-rows.postgres.js';
import { toDuty, type RosterDocument } from './show-roster.js';

/** Tells whoever is on duty, and whoever was until now, how it stands. Live only: whoever misses it lists their duties. */
@Injectable()
export class DutyNews {
  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
    private readonly sockets: SocketPath,
  ) {}

  @Errand('duty_news')
  async tell({ organization_id: organizationId, subject_id: rosterId }: Timer): Promise<null> {
    const found = await this.db.within(organizationId, async (tx) => ({
      roster: await findRoster(tx, organizationId, rosterId),
      duties: await dutiesOf(tx, organizationId, [rosterId]),
      userIds: await concernedBy(tx, organizationId, rosterId),
    }));
    const { roster, duties, userIds } = found;
    if (!roster) return null;
    const document = await this.sealing.open<RosterDocument>(
      ...([organizationId, 'roster.document', rosterId, roster.document_sealed] as const),
    );
    const name = document?.name ?? '';
    this.sockets.tell(organizationId, userIds, { type: 'duty_changed', rosterId, name, onDuty: duties.map(toDuty) });
    return null;
  }
}
