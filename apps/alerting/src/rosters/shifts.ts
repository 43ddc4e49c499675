import { Injectable } from '@nestjs/common';
import type { Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { moveTimer, setTimer, type Timer } from '../engine/timers.postgres.js';
import { Duty } from '../engine/work.js';
import { recordFact, systemSubject } from '../facts/record-fact.js';
import { databaseNow, dutiesOf, toHeld, wakeAlarmsOf, writeDuties } from './duty-rows.postgres.js';
import { dutiesAt, nextChange } from './on-duty.js';
import { lockRoster, type RosterRow } from './roster-rows.postgres.js';
import { differences, type HeldDuty, turn } from './turn.js';

export const rosterSubject = (id: string) => ({ kind: 'roster', id });

/** A step that found out who is on duty a moment before the change may be written a moment after it. */
const LOOK_AGAIN_MS = 5_000;
/** Whoever has not confirmed for so long is not reminded any more; both stay on duty. */
const REMINDED_FOR_MS = 24 * 3_600_000;

/** Changes of shift: who begins, who stays until the successor confirms, and who is reminded of it. */
@Injectable()
export class Shifts {
  /** The rules of a roster say that somebody else may be on duty now. */
  @Duty('shift')
  async change(tx: Tx, { organization_id: organizationId, subject_id: rosterId }: Timer): Promise<boolean> {
    const roster = await lockRoster(tx, organizationId, rosterId);
    if (roster) await this.bringUpToDate(tx, organizationId, roster);
    return false;
  }

  /** A hand-over is not confirmed yet. */
  @Duty('hand_over_reminder')
  async remind(tx: Tx, { organization_id: organizationId, subject_id: rosterId }: Timer): Promise<boolean> {
    const roster = await lockRoster(tx, organizationId, rosterId);
    const waiting = (await dutiesOf(tx, organizationId, [rosterId])).filter(({ state }) => state === 'taking_over');
    const now = await databaseNow(tx);
    const recent = waiting.filter(({ began_at }) => now - began_at.getTime() < REMINDED_FOR_MS);
    if (!roster || recent.length === 0) return false;
    for (const { layer, user_id: userId } of recent)
      await recordFact(tx, organizationId, {
        ...{ actor: systemSubject('roster', rosterId), action: 'duty.hand-over-reminded' },
        ...{ object: rosterSubject(rosterId), after: { layer, userId } },
      });
    await this.remindLater(tx, organizationId, roster, now);
    await tellConcerned(tx, organizationId, rosterId);
    return false;
  }

  /** Settles who is on duty now, and when that is to be settled next. The caller holds the roster. */
  async bringUpToDate(tx: Tx, organizationId: OrganizationId, roster: RosterRow): Promise<void> {
    const now = await databaseNow(tx);
    const before = (await dutiesOf(tx, organizationId, [roster.id])).map(toHeld);
    const after = turn(before, dutiesAt(roster.rules, now), roster.hand_over);
    const hasChanged = await this.settle(tx, organizationId, roster, { before, after });
    const next = nextChange(roster.rules, now);
    const lookAgain = hasChanged ? now + LOOK_AGAIN_MS : null;
    const due = next === null || lookAgain === null ? (next ?? lookAgain) : Math.min(next, lookAgain);
    await moveTimer(tx, organizationId, { subject_id: roster.id, kind: 'shift' }, due);
    await wakeAlarmsOf(tx, organizationId, roster.id);
  }

  /** Writes who is on duty, tells of it, and lets alarms under way go with the role. The caller holds the roster. */
  async settle(
    tx: Tx,
    organizationId: OrganizationId,
    roster: RosterRow,
    { before, after }: { before: readonly HeldDuty[]; after: readonly HeldDuty[] },
  ): Promise<boolean> {
    const turned = differences(before, after);
    const { begins, changes, ends } = turned;
    if (begins.length + changes.length + ends.length === 0) return false;
    await writeDuties(tx, organizationId, roster.id, turned);
    for (const [action, all] of [
      ['duty.began', begins],
      ['duty.ended', ends],
    ] as const)
      for (const { layer, userId, state } of all)
        await recordFact(tx, organizationId, {
          ...{ actor: systemSubject('roster', roster.id), action, object: rosterSubject(roster.id) },
          after: { layer, userId, state },
        });
    if (begins.some(({ state }) => state === 'taking_over'))
      await this.remindLater(tx, organizationId, roster, await databaseNow(tx));
    await wakeAlarmsOf(tx, organizationId, roster.id);
    await tellConcerned(tx, organizationId, roster.id);
    return true;
  }

  private remindLater(tx: Tx, organizationId: OrganizationId, roster: RosterRow, now: number): Promise<unknown> {
    const timer = { subject_id: roster.id, kind: 'hand_over_reminder' };
    return moveTimer(tx, organizationId, timer, now + roster.remind_after_minutes * 60_000);
  }
}

/** After the commit, whoever begins, stays or goes hears of it. */
const tellConcerned = (tx: Tx, organizationId: OrganizationId, rosterId: string): Promise<unknown> =>
  setTimer(tx, organizationId, { subject_id: rosterId, kind: 'duty_news' }, 0);
