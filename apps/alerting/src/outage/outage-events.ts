import { Injectable } from '@nestjs/common';
import type { BreakGlassUsed, OutageModeChanged } from '@relais/contracts';
import { Database } from '@relais/database';
import { Engine } from '../engine/engine.js';
import { setTimer } from '../engine/timers.postgres.js';
import { addLogin, beginOutage, endOutage } from './outage-rows.postgres.js';

/** Hears from auth that outage mode was switched, whoever did it, and who came in by break-glass. Idempotent by the event's id. */
@Injectable()
export class OutageEvents {
  constructor(
    private readonly db: Database,
    private readonly engine: Engine,
  ) {}

  async switched(event: OutageModeChanged): Promise<void> {
    const { organizationId } = event;
    await this.db.within(organizationId, async (tx) => {
      const outage = event.on ? await beginOutage(tx, event) : await endOutage(tx, event);
      if (outage) await setTimer(tx, organizationId, { subject_id: outage.id, kind: 'outage' }, 0);
    });
    this.engine.wake();
  }

  async cameIn(event: BreakGlassUsed): Promise<void> {
    await this.db.within(event.organizationId, (tx) => addLogin(tx, event));
  }
}
