import { Injectable } from '@nestjs/common';
import {
  type FactSubject,
  type OutageMeans,
  type OutageMode,
  outageModeChanged,
  type Revocation,
} from '@relais/contracts';
import { enqueue } from '@relais/database';
import { Clock, type EventId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { recordFact } from '../facts/record-fact.js';
import { PersonalData } from '../sealing/personal-data.js';
import { endSessions } from '../sessions/session-rows.postgres.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { findOutageMode, lockOutageMode, type OutageModeRow, writeOutageMode } from './outage-mode-rows.postgres.js';

export interface Switching {
  on: boolean;
  reason: string;
  means: OutageMeans;
  changedBy: UserId | null;
  actor: FactSubject;
  onBehalfOf?: FactSubject;
}

/** The switch itself, whoever's hand is on it. Off ends what break-glass has opened. */
@Injectable()
export class OutageSwitch {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
    private readonly events: EventLog,
  ) {}

  /** @param assertMay within the transaction, before anything; what it throws leaves everything as it was */
  async turn(
    organizationId: OrganizationId,
    wanted: Switching,
    assertMay: (tx: Tx) => Promise<unknown>,
  ): Promise<OutageMode> {
    const reasonSealed = await this.personal.seal(placeOf(organizationId), wanted.reason);
    const revocations = await this.db.within(organizationId, async (tx) => {
      await assertMay(tx);
      return this.change(tx, organizationId, wanted, reasonSealed);
    });
    this.revocations.announce(revocations);
    this.events.changed(`auth.outage_mode_${wanted.on ? 'on' : 'off'}`, organizationId, wanted.actor.id);
    return this.describe(organizationId);
  }

  async describe(organizationId: OrganizationId): Promise<OutageMode> {
    const found = await this.db.within(organizationId, (tx) => findOutageMode(tx, organizationId));
    return found ? this.toMode(organizationId, found) : { on: false, automatic: true };
  }

  private async change(
    tx: Tx,
    organizationId: OrganizationId,
    { on, means, changedBy, actor, onBehalfOf }: Switching,
    reasonSealed: Buffer,
  ): Promise<Revocation[]> {
    const before = await lockOutageMode(tx, organizationId);
    const wasOn = before?.is_on ?? false;
    // The watch repeats itself, and never overrules a hand.
    if (means === 'watch' && (wasOn === on || before?.is_automatic === false)) return [];
    const now = this.clock.now();
    await writeOutageMode(tx, organizationId, { isOn: on, means, reasonSealed, changedBy, now });
    await recordFact(tx, organizationId, {
      ...{ actor, action: 'outage-mode.changed', object: { kind: 'organization', id: organizationId } },
      ...(onBehalfOf ? { onBehalfOf } : {}),
      ...{ before: { on: wasOn }, after: { on, by: means } },
    });
    if (wasOn !== on) {
      const changed = { id: newId<EventId>(), organizationId, at: now.toISOString(), on, by: means };
      await enqueue(tx, outageModeChanged, changed);
    }
    return on ? [] : endSessions(tx, 'break_glass', organizationId, { method: 'brk' });
  }

  private async toMode(organizationId: OrganizationId, found: OutageModeRow): Promise<OutageMode> {
    return {
      ...{ on: found.is_on, automatic: found.is_automatic, by: found.means },
      reason: await this.personal.open(placeOf(organizationId), found.reason_sealed),
      ...(found.changed_by ? { changedBy: found.changed_by } : {}),
      changedAt: found.changed_at.toISOString(),
    };
  }
}

const placeOf = (organizationId: OrganizationId) =>
  ({ organizationId, column: 'outage_mode.reason', rowId: organizationId }) as const;
