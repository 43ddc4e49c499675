import { Injectable } from '@nestjs/common';
import type { Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { OnDuty, type OnDutyNow } from '../engine/due-step.js';
import { databaseNow, dutiesOf, toHeld } from './duty-rows.postgres.js';
import { dutiesAt } from './on-duty.js';
import { listRosterRows } from './roster-rows.postgres.js';
import { turn } from './turn.js';

/** Whoever is on duty by the rosters. A shift that has changed holds at once, also before its timer was done. */
@Injectable()
export class Rostered extends OnDuty {
  async in(tx: Tx, organizationId: OrganizationId, rosterIds: readonly string[]): Promise<OnDutyNow[]> {
    if (rosterIds.length === 0) return [];
    const rosters = await listRosterRows(tx, organizationId, rosterIds);
    const duties = Map.groupBy(await dutiesOf(tx, organizationId, rosterIds), ({ roster_id }) => roster_id);
    const now = await databaseNow(tx);
    return rosters.flatMap(({ id, rules, hand_over }) => {
      const held = turn((duties.get(id) ?? []).map(toHeld), dutiesAt(rules, now), hand_over);
      return [...new Set(held.map(({ userId }) => userId))].map((userId) => ({ rosterId: id, userId }));
    });
  }
}
