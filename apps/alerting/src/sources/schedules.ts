import { Injectable } from '@nestjs/common';
import type { AlarmSourceSettings } from '@relais/contracts';
import { Database } from '@relais/database';
import { idFrom, type OrganizationId } from '@relais/kernel';
import type { Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { recordFact } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import { SCHEDULE_TIMER } from './arm-timers.js';
import { DeliveryLog, type Ended } from './delivery-log.js';
import { keyOf } from './incident.js';
import { RaiseFromSource, sourceSubject } from './raise-from-source.js';
import { occurrenceAfter } from './schedule-times.js';
import { findSource, setNextAt, type SourceRow } from './source-rows.postgres.js';
import { SourceSettings } from './source-settings.js';

type Settings = Extract<AlarmSourceSettings, { kind: 'schedule' }>;

/** Raises by the clock: each time once, or, when nothing here ran and it is too late for it, not at all. */
@Injectable()
export class Schedules {
  constructor(
    private readonly db: Database,
    private readonly settings: SourceSettings,
    private readonly sealing: Sealing,
    private readonly raising: RaiseFromSource,
    private readonly deliveries: DeliveryLog,
  ) {}

  /** The time it is for names the alarm: doing it again raises nothing new. */
  @Errand(SCHEDULE_TIMER)
  async look({ organization_id: organizationId, subject_id: sourceId }: Timer): Promise<number | null> {
    const found = await this.db.within(organizationId, (tx) => findSource(tx, organizationId, sourceId));
    const settings = found && (await this.settings.open(organizationId, found))?.settings;
    if (!found?.next_at || settings?.kind !== 'schedule' || found.is_paused) return null;
    const lateSeconds = (found.now.getTime() - found.next_at.getTime()) / 1_000;
    if (lateSeconds < 0) return -lateSeconds;
    const next = settings.at === undefined ? occurrenceAfter(settings, found.now) : null;
    if (lateSeconds > settings.lateSeconds) await this.skip(organizationId, found, next);
    else await this.raise(organizationId, found, settings, next);
    return next && Math.max(0, (next.getTime() - found.now.getTime()) / 1_000);
  }

  private async raise(
    organizationId: OrganizationId,
    { id, next_at }: SourceRow,
    { raises, title, text, isDrill }: Settings,
    next: Date | null,
  ): Promise<void> {
    const { severity, audience, policyId } = raises;
    const time = String(next_at?.toISOString());
    const raised = await this.raising.raise(
      { organizationId, sourceId: id, kind: 'schedule', raises },
      {
        alarmId: idFrom(await this.sealing.dedupIndex(organizationId, keyOf(id, 'at', time))),
        ...{ severity, audience, policyId, title, text, isDrill },
      },
    );
    const outcome = raised.state === 'awaiting_approval' ? 'awaiting_approval' : 'raised';
    await this.goOn(organizationId, id, next, { outcome, alarmId: raised.alarmId });
  }

  private async skip(organizationId: OrganizationId, { id, next_at }: SourceRow, next: Date | null): Promise<void> {
    const time = String(next_at?.toISOString());
    await this.goOn(organizationId, id, next, { outcome: 'skipped', problem: `nothing here ran at ${time}` });
  }

  private async goOn(organizationId: OrganizationId, id: string, next: Date | null, ended: Ended): Promise<void> {
    await this.deliveries.write(organizationId, id, ended, async (tx) => {
      await setNextAt(tx, organizationId, id, next);
      if (ended.outcome !== 'skipped') return;
      const actor = sourceSubject(id);
      await recordFact(tx, organizationId, { actor, action: 'alarm-source.skipped', object: actor });
    });
  }
}
