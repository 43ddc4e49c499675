import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { confirmHandOver, listMyDuties } from '@relais/contracts';
import { Database } from '@relais/database';
import type { z } from 'zod';
import { Engine } from '../engine/engine.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import { dutiesOf, dutiesOfUser, toHeld } from './duty-rows.postgres.js';
import { listRosterRows, lockRoster } from './roster-rows.postgres.js';
import { rosterSubject, Shifts } from './shifts.js';
import { type RosterDocument, toDuty } from './show-roster.js';
import { confirm } from './turn.js';

/** What people on duty see and do themselves. */
@Injectable()
export class DutiesHandler {
  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
    private readonly shifts: Shifts,
    private readonly engine: Engine,
  ) {}

  @Serves(listMyDuties)
  async list(_: unknown, { principal }: RequestContext): Promise<z.input<typeof listMyDuties.output>> {
    const { organizationId, userId } = principal;
    const { duties, rosters } = await this.db.within(organizationId, async (tx) => {
      const mine = await dutiesOfUser(tx, organizationId, userId);
      const ids = mine.map(({ roster_id }) => roster_id);
      return { duties: mine, rosters: await listRosterRows(tx, organizationId, ids) };
    });
    const documents = await this.sealing.openAll<RosterDocument>(
      organizationId,
      'roster.document',
      rosters.map(({ id, document_sealed }) => ({ id, sealed: document_sealed })),
    );
    const named = new Map(rosters.map(({ id }, at) => [id, documents[at] ?? { name: '' }]));
    const items = duties.map((row) => {
      const { layer, state, since } = toDuty(row);
      return { rosterId: row.roster_id, layer, state, since, ...(named.get(row.roster_id) ?? { name: '' }) };
    });
    return { items };
  }

  @Serves(confirmHandOver)
  async confirm({ rosterId }: { rosterId: string }, { principal }: RequestContext): Promise<Record<string, never>> {
    const { organizationId, userId } = principal;
    await this.db.within(organizationId, async (tx) => {
      const roster = await lockRoster(tx, organizationId, rosterId);
      const before = (await dutiesOf(tx, organizationId, [rosterId])).map(toHeld);
      // To whoever is not on duty by it, it is not there.
      if (!roster || !before.some((one) => one.userId === userId)) throw confirmHandOver.fail('roster_not_found');
      const after = confirm(before, userId);
      if (!after) throw confirmHandOver.fail('nothing_to_confirm', 'you are on duty already, or are being relieved');
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(userId), action: 'duty.hand-over-confirmed', object: rosterSubject(rosterId) },
      });
      await this.shifts.settle(tx, organizationId, roster, { before, after });
    });
    this.engine.wake();
    return {};
  }
}
