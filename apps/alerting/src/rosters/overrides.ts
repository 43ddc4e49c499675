import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { deleteDutyOverride, putDutyOverride } from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { Engine } from '../engine/engine.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { watchFindings } from '../policies/findings-timer.js';
import { databaseNow } from './duty-rows.postgres.js';
import type { DutyRules } from './on-duty.js';
import { lockRoster, type RosterRow, writeOverrides } from './roster-rows.postgres.js';
import { RostersHandler } from './rosters.js';
import { rosterSubject, Shifts } from './shifts.js';

const MOST_OVERRIDES = 200;

/** Somebody else than usual, for a time. What is over is forgotten with the next change. */
@Injectable()
export class OverridesHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly rosters: RostersHandler,
    private readonly shifts: Shifts,
    private readonly engine: Engine,
  ) {}

  @Serves(putDutyOverride)
  async put(
    { rosterId, overrideId, override }: z.output<typeof putDutyOverride.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof putDutyOverride.output>> {
    await this.access.assertMay(principal, 'manage_alarms');
    await this.change(principal, rosterId, 'duty-override.set', ({ rules }, now) => {
      if (override.layer !== undefined && override.layer >= rules.layers.length)
        throw putDutyOverride.fail('layer_not_found', `there are ${rules.layers.length} layers, counted from 0`);
      if (Date.parse(override.to) <= now) throw putDutyOverride.fail('override_over', 'it ends in the past');
      const others = rules.overrides.filter(({ id }) => id !== overrideId);
      if (current(others, now).length >= MOST_OVERRIDES)
        throw putDutyOverride.fail('too_many_overrides', `there are ${MOST_OVERRIDES}: delete one`);
      return [...others, { id: overrideId, override }];
    });
    return this.rosters.show(principal.organizationId, rosterId);
  }

  @Serves(deleteDutyOverride)
  async delete(
    { rosterId, overrideId }: z.output<typeof deleteDutyOverride.input>,
    { principal }: RequestContext,
  ): Promise<Record<string, never>> {
    await this.access.assertMay(principal, 'manage_alarms');
    await this.change(principal, rosterId, 'duty-override.deleted', ({ rules }) => {
      const others = rules.overrides.filter(({ id }) => id !== overrideId);
      if (others.length === rules.overrides.length) throw deleteDutyOverride.fail('override_not_found');
      return others;
    });
    return {};
  }

  private async change(
    { organizationId, userId }: Principal,
    rosterId: string,
    action: 'duty-override.set' | 'duty-override.deleted',
    decide: (roster: RosterRow, now: number) => DutyRules['overrides'],
  ): Promise<void> {
    await this.db.within(organizationId, async (tx: Tx) => {
      const roster = await lockRoster(tx, organizationId, rosterId);
      if (!roster) throw putDutyOverride.fail('roster_not_found');
      const now = await databaseNow(tx);
      const overrides = current(decide(roster, now), now);
      await writeOverrides(tx, organizationId, rosterId, overrides);
      await watchFindings(tx, organizationId);
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(userId), action, object: rosterSubject(rosterId) },
        after: { overrides: overrides.length },
      });
      await this.shifts.bringUpToDate(tx, organizationId, { ...roster, rules: { ...roster.rules, overrides } });
    });
    this.engine.wake();
  }
}

const current = (overrides: DutyRules['overrides'], now: number): DutyRules['overrides'] =>
  overrides.filter(({ override }) => Date.parse(override.to) > now);
