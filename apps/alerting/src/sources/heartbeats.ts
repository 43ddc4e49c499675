import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { type AlarmSourceSettings, receiveHeartbeat } from '@relais/contracts';
import { Database } from '@relais/database';
import { AppError, idFrom, type OrganizationId } from '@relais/kernel';
import { hashSecret } from '@relais/security';
import type { z } from 'zod';
import { findOpenByKey } from '../alarms/alarm-rows.postgres.js';
import { ChangeAlarmHandler } from '../alarms/change-alarm.js';
import { Engine } from '../engine/engine.js';
import { setTimer, type Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { beatEnded } from './metrics.js';
import { Sealing } from '../sealing.js';
import { isSecretOf } from './admit-source.js';
import { HEARTBEAT_TIMER } from './arm-timers.js';
import { DeliveryLog } from './delivery-log.js';
import { keyOf } from './incident.js';
import { RaiseFromSource, sourceSubject } from './raise-from-source.js';
import { beat, changeBeatState, findSource, PER_SECOND, type SourceRow } from './source-rows.postgres.js';
import { SourceSettings } from './source-settings.js';

type Settings = Extract<AlarmSourceSettings, { kind: 'heartbeat' }>;

/** After a beat is due, how long the timer waits at least: a beat may be on its way. */
const SHORTEST_SECONDS = 0.1;

/** Alarms when something has not been heard of for too long, and gives the all-clear when it is back. */
@Injectable()
export class Heartbeats {
  constructor(
    private readonly db: Database,
    private readonly settings: SourceSettings,
    private readonly sealing: Sealing,
    private readonly raising: RaiseFromSource,
    private readonly changes: ChangeAlarmHandler,
    private readonly deliveries: DeliveryLog,
    private readonly engine: Engine,
  ) {}

  /** One statement while all is well. */
  @Serves(receiveHeartbeat)
  async execute({
    organizationId,
    sourceId,
    secret,
  }: z.output<typeof receiveHeartbeat.input>): Promise<Record<string, never>> {
    const secretHash = hashSecret(secret);
    const state = await this.db.within(organizationId, async (tx) => {
      const before = await beat(tx, organizationId, sourceId, secretHash);
      if (before === 'new' || before === 'missed')
        await setTimer(tx, organizationId, { subject_id: sourceId, kind: HEARTBEAT_TIMER }, 0);
      return before;
    });
    if (state === null) return this.unheard(organizationId, sourceId, secretHash);
    beatEnded('heard');
    if (state !== 'alive') this.engine.wake();
    return {};
  }

  /** Looks whether one is missing now. Doing it again raises nothing new. */
  @Errand(HEARTBEAT_TIMER)
  async look({ organization_id: organizationId, subject_id: sourceId }: Timer): Promise<number | null> {
    const found = await this.db.within(organizationId, (tx) => findSource(tx, organizationId, sourceId));
    const settings = found && (await this.settings.open(organizationId, found))?.settings;
    if (!found?.expected_by || settings?.kind !== 'heartbeat' || found.is_paused) return null;
    const leftSeconds = (found.expected_by.getTime() - found.now.getTime()) / 1_000;
    if (leftSeconds > 0) {
      await this.alive(organizationId, found);
      return Math.max(SHORTEST_SECONDS, leftSeconds);
    }
    if (found.beat_state !== 'missed') await this.missed(organizationId, found, settings);
    return null;
  }

  /** It is heard again, or for the first time. */
  private async alive(organizationId: OrganizationId, { id, beat_state, beat_at }: SourceRow): Promise<void> {
    if (beat_state === 'alive' || !beat_at) return;
    if (beat_state === 'missed') await this.clear(organizationId, id);
    await this.db.within(organizationId, (tx) => changeBeatState(tx, organizationId, id, 'alive'));
  }

  private async missed(
    organizationId: OrganizationId,
    { id, expected_by }: SourceRow,
    settings: Settings,
  ): Promise<void> {
    const { severity, audience, policyId } = settings.raises;
    const since = String(expected_by?.toISOString());
    const raised = await this.raising.raise(
      { organizationId, sourceId: id, kind: 'heartbeat', raises: settings.raises },
      {
        alarmId: idFrom(await this.sealing.dedupIndex(organizationId, keyOf(id, 'missed', since))),
        ...{ severity, audience, policyId, title: settings.title ?? settings.name, text: settings.text },
        dedupKey: keyOf(id, 'missed'),
      },
    );
    const outcome = raised.state === 'awaiting_approval' ? 'awaiting_approval' : 'raised';
    await this.deliveries.write(organizationId, id, { outcome, alarmId: raised.alarmId }, (tx) =>
      changeBeatState(tx, organizationId, id, 'missed'),
    );
  }

  private async clear(organizationId: OrganizationId, sourceId: string): Promise<void> {
    const alarmId = await this.openAlarm(organizationId, sourceId);
    if (!alarmId) return;
    await this.changes.finish(organizationId, alarmId, 'all_clear', sourceSubject(sourceId)).catch((error: unknown) => {
      if (AppError.from(error).code !== 'alarm_over') throw error;
    });
    await this.deliveries.write(organizationId, sourceId, { outcome: 'resolved', alarmId });
  }

  private async openAlarm(organizationId: OrganizationId, sourceId: string): Promise<string | null> {
    const index = await this.sealing.dedupIndex(organizationId, keyOf(sourceId, 'missed'));
    return (await this.db.within(organizationId, (tx) => findOpenByKey(tx, organizationId, index)))?.id ?? null;
  }

  /** Why it was not heard. A source that is paused hears nobody and complains of nobody. */
  private async unheard(
    organizationId: OrganizationId,
    sourceId: string,
    secretHash: Buffer,
  ): Promise<Record<string, never>> {
    const found = await this.db.within(organizationId, (tx) => findSource(tx, organizationId, sourceId));
    const known = found?.kind === 'heartbeat' ? found : null;
    if (!isSecretOf(known, secretHash)) {
      beatEnded('refused');
      if (known) await this.deliveries.refused(organizationId, sourceId, 'the secret is not right');
      throw receiveHeartbeat.fail('source_refused');
    }
    if (known?.is_paused) return {};
    beatEnded('limited');
    throw new AppError('rate_limited', 'rate_limited', undefined, { retryAfterMs: 1_000 / PER_SECOND });
  }
}
