import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  addChecklistItem,
  CHECKLIST_ITEMS,
  type ChecklistItem,
  type ShownItem,
  tickChecklistItem,
} from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import { newId, type OrganizationId, type UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { digestOf } from '../alarms/alarm-content.js';
import { type AlarmRow, lockAlarm } from '../alarms/alarm-rows.postgres.js';
import { Announcer } from '../alarms/announcer.js';
import { findRecipient } from '../alarms/recipient-rows.postgres.js';
import { alarmSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import { type CheckRow, checksOf, insertChecks, type NewCheck, tickCheck } from './check-rows.postgres.js';

type Add = z.output<typeof addChecklistItem.input>;
type Tick = z.output<typeof tickChecklistItem.input>;

/** What is to be done in an alarm, in the hands of everybody whom it concerns. */
@Injectable()
export class Checklists {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly sealing: Sealing,
    private readonly announcer: Announcer,
  ) {}

  @Serves(addChecklistItem)
  async add({ alarmId, itemId, ...item }: Add, { principal }: RequestContext): Promise<ShownItem> {
    const { organizationId, userId } = principal;
    const maySeeAll = await this.access.may(principal, 'raise_alarms');
    const check = await this.seal(organizationId, alarmId, { id: itemId, item, addedBy: userId });
    const { added, isNew } = await this.db.within(organizationId, async (tx) => {
      await this.assertConcerned(tx, principal, alarmId, maySeeAll);
      const before = await checksOf(tx, organizationId, alarmId);
      const known = before.find(({ id }) => id === itemId);
      if (known && !known.digest.equals(check.digest)) throw addChecklistItem.fail('checklist_item_reused');
      if (known) return { added: known, isNew: false };
      if (before.length >= CHECKLIST_ITEMS)
        throw addChecklistItem.fail('checklist_full', `there are ${CHECKLIST_ITEMS} already`);
      await insertChecks(tx, organizationId, alarmId, [check]);
      await this.record(tx, principal, 'alarm.checklist-added', { alarmId, itemId });
      const after = await checksOf(tx, organizationId, alarmId);
      return { added: after.find(({ id }) => id === itemId) as CheckRow, isNew: true };
    });
    return this.tell(organizationId, alarmId, added, isNew);
  }

  @Serves(tickChecklistItem)
  async tick({ alarmId, itemId, done }: Tick, { principal }: RequestContext): Promise<ShownItem> {
    const { organizationId, userId } = principal;
    const maySeeAll = await this.access.may(principal, 'raise_alarms');
    const { check, isNew } = await this.db.within(organizationId, async (tx) => {
      await this.assertConcerned(tx, principal, alarmId, maySeeAll);
      const changed = await tickCheck(tx, organizationId, { alarmId, id: itemId, by: done ? userId : null });
      if (changed)
        await this.record(tx, principal, done ? 'alarm.checklist-ticked' : 'alarm.checklist-unticked', {
          alarmId,
          itemId,
        });
      const found = changed ?? (await checksOf(tx, organizationId, alarmId)).find(({ id }) => id === itemId);
      if (!found) throw tickChecklistItem.fail('checklist_item_not_found');
      return { check: found, isNew: changed !== null };
    });
    return this.tell(organizationId, alarmId, check, isNew);
  }

  /** As they are to be written with the alarm that is being raised; whatever becomes of a template, they stay so. */
  async sealAll(organizationId: OrganizationId, alarmId: string, items: readonly ChecklistItem[]): Promise<NewCheck[]> {
    const checks: NewCheck[] = [];
    for (const item of items)
      checks.push(await this.seal(organizationId, alarmId, { id: newId<string>(), item, addedBy: null }));
    return checks;
  }

  async show(organizationId: OrganizationId, alarmId: string, checks: readonly CheckRow[]): Promise<ShownItem[]> {
    const texts = await this.sealing.openAll<string>(
      organizationId,
      'alarm_check.text',
      checks.map(({ id, text_sealed }) => ({ id: `${alarmId}.${id}`, sealed: text_sealed })),
    );
    return checks.map((check, at) => toShown(check, texts[at] ?? ''));
  }

  private async seal(
    organizationId: OrganizationId,
    alarmId: string,
    { id, item, addedBy }: { id: string; item: ChecklistItem; addedBy: UserId | null },
  ): Promise<NewCheck> {
    const { text, assigneeId = null, dueMinutes = null } = item;
    const textSealed = await this.sealing.seal(organizationId, 'alarm_check.text', `${alarmId}.${id}`, text);
    return { id, textSealed, digest: digestOf([text, assigneeId, dueMinutes]), assigneeId, dueMinutes, addedBy };
  }

  /** To anybody else the alarm is not there. It is held, so that additions come one after the other. */
  private async assertConcerned(tx: Tx, principal: Principal, alarmId: string, maySeeAll: boolean): Promise<AlarmRow> {
    const { organizationId, userId } = principal;
    const alarm = await lockAlarm(tx, organizationId, alarmId);
    const concerns =
      alarm?.raised_by === userId || maySeeAll || (await findRecipient(tx, organizationId, alarmId, userId)) !== null;
    if (!alarm || !concerns) throw addChecklistItem.fail('alarm_not_found');
    return alarm;
  }

  private record(
    tx: Tx,
    { organizationId, userId }: Principal,
    action: 'alarm.checklist-added' | 'alarm.checklist-ticked' | 'alarm.checklist-unticked',
    { alarmId, itemId }: { alarmId: string; itemId: string },
  ): Promise<void> {
    const actor = userSubject(userId);
    return recordFact(tx, organizationId, { actor, action, object: alarmSubject(alarmId), after: { itemId } });
  }

  private async tell(organizationId: OrganizationId, alarmId: string, check: CheckRow, isNew: boolean) {
    const [item] = (await this.show(organizationId, alarmId, [check])) as [ShownItem];
    if (isNew) await this.announcer.checklist(organizationId, alarmId, item);
    return item;
  }
}

const toShown = (check: CheckRow, text: string): ShownItem => ({
  ...{ id: check.id as never, text },
  ...(check.assignee_id ? { assigneeId: check.assignee_id } : {}),
  ...(check.due_at ? { dueAt: check.due_at.toISOString() } : {}),
  ...(check.added_by ? { addedBy: check.added_by } : {}),
  ...(check.done_by ? { doneBy: check.done_by } : {}),
  ...(check.done_at ? { doneAt: check.done_at.toISOString() } : {}),
});
