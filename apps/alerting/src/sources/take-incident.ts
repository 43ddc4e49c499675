import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { ReceivingSettings, Taken } from '@relais/contracts';
import { Database } from '@relais/database';
import { AppError, idFrom, newId, type OrganizationId } from '@relais/kernel';
import { ChangeAlarmHandler } from '../alarms/change-alarm.js';
import { isOver } from '../alarms/close-alarm.js';
import { setTimer } from '../engine/timers.postgres.js';
import { Sealing } from '../sealing.js';
import { findGroup, forgetGroup, type GroupRow, openGroup, writeSaid } from './group-rows.postgres.js';
import { type Incident, isWorse, keyOf } from './incident.js';
import { RaiseFromSource, type Raised, sourceSubject } from './raise-from-source.js';
import { contentOf, firstSaid, type Said, saidAlso } from './said.js';

export interface ReceivingSource {
  organizationId: OrganizationId;
  sourceId: string;
  settings: ReceivingSettings;
}

export const GROUP_TIMER = 'source-group';
const MOST_TRIES = 20;
const PAUSE_MS = 10;

/**
 * Makes of what a source says what it means here: an alarm, something more about an open one, or its end. The first under a key
 * never waits. Doing it again does nothing new.
 */
@Injectable()
export class TakeIncident {
  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
    private readonly raising: RaiseFromSource,
    private readonly changes: ChangeAlarmHandler,
  ) {}

  /** @param messageId of what has no key: the same for the same message */
  async take(source: ReceivingSource, incident: Incident, messageId: string): Promise<Taken> {
    const { organizationId, sourceId } = source;
    if (incident.key === undefined) return this.single(source, incident, messageId);
    const keyIndex = await this.sealing.dedupIndex(organizationId, keyOf(sourceId, incident.key));
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const group = await this.db.within(organizationId, (tx) => findGroup(tx, organizationId, sourceId, keyIndex));
      const open = group && !isOver(group) ? group : null;
      if (incident.status === 'resolved') return this.resolve(source, open);
      if (!open || isWorse(incident.severity, open.severity)) {
        const opened = await this.open(source, incident, keyIndex, open);
        if (opened) return opened;
      } else if (await this.add(source, incident, open))
        return { outcome: 'taken_in', alarmId: open.alarm_id as never };
      await pause(Math.random() * PAUSE_MS * (tries + 1));
    }
    throw new AppError('unavailable', 'overloaded', 'too much comes under one key at once');
  }

  private async single(source: ReceivingSource, incident: Incident, messageId: string): Promise<Taken> {
    if (incident.status === 'resolved') return { outcome: 'ignored' };
    return outcomeOf(await this.raise(source, incident, await this.idOf(source, messageId)));
  }

  /**
   * Raises it. Whoever ends in the middle and does it again finds the open alarm by its key.
   *
   * @returns null when somebody else did meanwhile
   */
  private async open(
    source: ReceivingSource,
    incident: Incident,
    keyIndex: Buffer,
    better: GroupRow | null,
  ): Promise<Taken | null> {
    const { organizationId, sourceId, settings } = source;
    const { key = '', severity } = incident;
    const raised = await this.raise(source, incident, newId(), keyOf(sourceId, key, severity));
    const said_sealed = await this.seal(organizationId, keyIndex, firstSaid(incident));
    const isFirst = await this.db.within(organizationId, (tx) =>
      openGroup(tx, organizationId, {
        ...{ source_id: sourceId, key_index: keyIndex, alarm_id: raised.alarmId, severity, said_sealed },
        window_seconds: settings.groupSeconds,
      }),
    );
    // It got worse: the alarm that says so takes the place of the one before.
    if (better && better.alarm_id !== raised.alarmId)
      await this.quietly(() =>
        this.changes.finish(organizationId, better.alarm_id, 'cancelled', sourceSubject(sourceId)),
      );
    return isFirst ? outcomeOf(raised) : null;
  }

  /** @returns false when somebody else said something under this key meanwhile */
  private async add({ organizationId, sourceId, settings }: ReceivingSource, incident: Incident, group: GroupRow) {
    const before = await this.sealing.open<Said>(
      organizationId,
      'source.group',
      hexOf(group.key_index),
      group.said_sealed,
    );
    const said = before ? saidAlso(before, incident) : firstSaid(incident);
    const saidSealed = await this.seal(organizationId, group.key_index, said);
    const waits = group.window_seconds > 0;
    const isWritten = await this.db.within(organizationId, async (tx) => {
      const opensWindow = waits ? null : settings.groupSeconds;
      if (!(await writeSaid(tx, organizationId, group, { saidSealed, opensWindow }))) return false;
      const timer = { subject_id: group.id, kind: GROUP_TIMER };
      if (waits) await setTimer(tx, organizationId, timer, group.window_seconds);
      return true;
    });
    if (isWritten && !waits) await this.tell(organizationId, sourceId, group.alarm_id, said);
    return isWritten;
  }

  private async resolve(
    { organizationId, sourceId, settings }: ReceivingSource,
    group: GroupRow | null,
  ): Promise<Taken> {
    if (!group) return { outcome: 'ignored' };
    const alarmId = group.alarm_id as never;
    if (settings.onResolved === 'note') await this.note(organizationId, sourceId, group);
    else {
      await this.quietly(() => this.changes.finish(organizationId, alarmId, 'all_clear', sourceSubject(sourceId)));
      await this.db.within(organizationId, (tx) => forgetGroup(tx, organizationId, group));
    }
    return { outcome: 'resolved', alarmId };
  }

  private async note(organizationId: OrganizationId, sourceId: string, group: GroupRow): Promise<void> {
    const said = await this.sealing.open<Said>(
      organizationId,
      'source.group',
      hexOf(group.key_index),
      group.said_sealed,
    );
    if (!said || said.resolvedAt !== undefined) return;
    const noted = { ...said, resolvedAt: new Date().toISOString() };
    const saidSealed = await this.seal(organizationId, group.key_index, noted);
    const isWritten = await this.db.within(organizationId, (tx) =>
      writeSaid(tx, organizationId, group, { saidSealed, opensWindow: null }),
    );
    if (isWritten) await this.tell(organizationId, sourceId, group.alarm_id, noted);
  }

  /** Everybody who was told hears what was said since. */
  async tell(organizationId: OrganizationId, sourceId: string, alarmId: string, said: Said): Promise<void> {
    await this.quietly(() => this.changes.change(organizationId, alarmId, contentOf(said), sourceSubject(sourceId)));
  }

  private raise(source: ReceivingSource, incident: Incident, alarmId: string, dedupKey?: string): Promise<Raised> {
    const { organizationId, sourceId, settings } = source;
    const { severity, title, text, audience, policyId } = incident;
    return this.raising.raise(
      { organizationId, sourceId, kind: settings.kind, raises: settings.raises },
      { alarmId, severity, title, text, audience, policyId, ...(dedupKey ? { dedupKey } : {}) },
    );
  }

  private async idOf({ organizationId, sourceId }: ReceivingSource, messageId: string): Promise<string> {
    return idFrom(await this.sealing.dedupIndex(organizationId, keyOf(sourceId, 'message', messageId)));
  }

  private seal(organizationId: OrganizationId, keyIndex: Buffer, said: Said): Promise<Buffer> {
    return this.sealing.seal(organizationId, 'source.group', hexOf(keyIndex), said);
  }

  /** Somebody else may have ended it a moment before. */
  private async quietly(work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => {
      if (!['alarm_over', 'alarm_not_found'].includes(AppError.from(error).code)) throw error;
    });
  }
}

const hexOf = (keyIndex: Buffer): string => keyIndex.toString('hex');

const outcomeOf = ({ alarmId, state, isDuplicate }: Raised): Taken => ({
  outcome: isDuplicate ? 'taken_in' : state === 'awaiting_approval' ? 'awaiting_approval' : 'raised',
  alarmId: alarmId as never,
});
