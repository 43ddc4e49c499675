import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type Alarm, listAlarms, readAlarm, readAlarmReport } from '@relais/contracts';
import { Database } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { checksOf } from '../checklists/check-rows.postgres.js';
import { Checklists } from '../checklists/checklists.js';
import { type LedgerRow, ledgerOf } from '../notifications/notification-rows.postgres.js';
import { findRoom } from '../rooms/room-rows.postgres.js';
import { Sealing } from '../sealing.js';
import { summaryOf } from './report-summary.postgres.js';
import { type AlarmContent, toAlarm } from './alarm-content.js';
import { type AlarmRow, alarmsOf, findAlarm, waitingAlarms } from './alarm-rows.postgres.js';
import { isOver } from './close-alarm.js';
import { tellingsOf } from './my-telling.postgres.js';
import { findRecipient, type RecipientRow, recipientsOf } from './recipient-rows.postgres.js';

type Report = z.input<typeof readAlarmReport.output>;

/** Alarms as those see them whom they concern, and the proof of who was told when. */
@Injectable()
export class ReadAlarmsHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly sealing: Sealing,
    private readonly checklists: Checklists,
  ) {}

  @Serves(readAlarm)
  async read(
    { alarmId }: { alarmId: string },
    { principal }: RequestContext,
  ): Promise<z.input<typeof readAlarm.output>> {
    const { organizationId, userId } = principal;
    const { alarm, recipient, told, room, checks } = await this.db.within(organizationId, async (tx) => ({
      alarm: await findAlarm(tx, organizationId, alarmId),
      recipient: await findRecipient(tx, organizationId, alarmId, userId),
      told: (await tellingsOf(tx, organizationId, userId, [alarmId])).get(alarmId),
      room: await findRoom(tx, organizationId, alarmId),
      checks: await checksOf(tx, organizationId, alarmId),
    }));
    if (!alarm) throw readAlarm.fail('alarm_not_found');
    const concerns = recipient !== null || alarm.raised_by === userId;
    if (!concerns && !(await this.maySeeAll(principal))) throw readAlarm.fail('alarm_not_found');
    const [shown] = await this.show(organizationId, [alarm]);
    return {
      ...(shown as Alarm),
      ...(told ? { told } : {}),
      ...(recipient?.answer ? { myAnswer: recipient.answer } : {}),
      ...(room && room.lines > 0 ? { conversationId: room.conversation_id } : {}),
      checklist: await this.checklists.show(organizationId, alarmId, checks),
      ...updateDueOf(alarm),
    };
  }

  @Serves(listAlarms)
  async list(
    { state, cursor, limit }: z.output<typeof listAlarms.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof listAlarms.output>> {
    const { organizationId, userId } = principal;
    const asked = { before: readCursor(cursor), limit: limit + 1 };
    const waitingOf = state === 'awaiting_approval' && (await this.maySeeAll(principal)) ? null : userId;
    const { found, page, tellings } = await this.db.within(organizationId, async (tx) => {
      const found =
        state === 'awaiting_approval'
          ? await waitingAlarms(tx, organizationId, waitingOf, asked)
          : await alarmsOf(tx, organizationId, userId, state === 'open', asked);
      const page = found.slice(0, limit);
      const ids = page.map(({ id }) => id);
      return { found, page, tellings: await tellingsOf(tx, organizationId, userId, ids) };
    });
    const last = found.length > limit ? page.at(-1) : undefined;
    const withTelling = (alarm: Alarm) => ({ ...alarm, told: tellings.get(alarm.id) });
    return {
      items: (await this.show(organizationId, page)).map(withTelling),
      ...(last ? { next: `${last.raised_at.toISOString()}_${last.id}` } : {}),
    };
  }

  @Serves(readAlarmReport)
  async report(
    { alarmId, cursor, limit }: z.output<typeof readAlarmReport.input>,
    { principal }: RequestContext,
  ): Promise<Report> {
    const { organizationId, userId } = principal;
    const after = /^[0-9a-f-]{36}$/.test(cursor ?? '') ? (cursor as string) : null;
    const found = await this.db.within(organizationId, async (tx) => {
      const alarm = await findAlarm(tx, organizationId, alarmId);
      const people = alarm ? await recipientsOf(tx, organizationId, alarmId, { after, limit: limit + 1 }) : [];
      const ids = people.slice(0, limit).map(({ user_id }) => user_id);
      const ledger = await ledgerOf(tx, organizationId, alarmId, ids);
      const summary = after === null ? await summaryOf(tx, organizationId, alarmId) : null;
      const checks = await checksOf(tx, organizationId, alarmId);
      return { alarm, people, checks, ledger, summary };
    });
    const { alarm, people, checks, ledger, summary } = found;
    if (!alarm || (alarm.raised_by !== userId && !(await this.maySeeAll(principal))))
      throw readAlarmReport.fail('alarm_not_found');
    const shown = people.slice(0, limit);
    const notes = await this.notesOf(organizationId, alarmId, shown);
    const byUser = Map.groupBy(ledger, ({ user_id }) => user_id);
    const items = shown.map((person, at) => toReport(person, byUser.get(person.user_id) ?? [], notes[at] ?? null));
    const [told] = await this.show(organizationId, [alarm]);
    const checklist = await this.checklists.show(organizationId, alarmId, checks);
    return {
      ...{ alarm: told as Alarm, checklist, items, ...(summary ? { summary } : {}) },
      ...(people.length > limit ? { next: shown.at(-1)?.user_id } : {}),
    };
  }

  private maySeeAll(principal: Principal): Promise<boolean> | boolean {
    return principal.scopes ? false : this.access.may(principal, 'raise_alarms');
  }

  private async show(organizationId: OrganizationId, found: readonly AlarmRow[]): Promise<Alarm[]> {
    const contents = await this.sealing.openAll<AlarmContent>(
      organizationId,
      'alarm.content',
      found.map(({ id, content_sealed }) => ({ id, sealed: content_sealed })),
    );
    return found.map((row, at) => toAlarm(row, contents[at] ?? null));
  }

  private async notesOf(organizationId: OrganizationId, alarmId: string, people: readonly RecipientRow[]) {
    const sealed = people.flatMap(({ user_id, note_sealed }) =>
      note_sealed ? [{ id: `${alarmId}.${user_id}`, sealed: note_sealed }] : [],
    );
    const opened = await this.sealing.openAll<string>(organizationId, 'alarm_recipient.note', sealed);
    const byPerson = new Map(sealed.map(({ id }, at) => [id, opened[at] ?? null]));
    return people.map(({ user_id }) => byPerson.get(`${alarmId}.${user_id}`) ?? null);
  }
}

function updateDueOf(alarm: AlarmRow): { updateDueAt?: string } {
  if (!alarm.update_every_minutes || isOver(alarm)) return {};
  return { updateDueAt: new Date(alarm.said_at.getTime() + alarm.update_every_minutes * 60_000).toISOString() };
}

function readCursor(cursor: string | undefined): { at: Date; id: string } | null {
  const [at = '', id = ''] = (cursor ?? '').split('_');
  return /^[0-9a-f-]{36}$/.test(id) && !Number.isNaN(Date.parse(at)) ? { at: new Date(at), id } : null;
}

const toReport = (
  person: RecipientRow,
  ledger: readonly LedgerRow[],
  note: string | null,
): Report['items'][number] => ({
  userId: person.user_id as UserId,
  told: ledger.map(toTold),
  ...(person.answer ? { answer: person.answer } : {}),
  ...(person.eta_minutes === null ? {} : { etaMinutes: person.eta_minutes }),
  ...(note === null ? {} : { note }),
  ...(person.answered_at ? { answeredAt: person.answered_at.toISOString() } : {}),
});

const toTold = ({ step, cycle, path, state, attempt, ...row }: LedgerRow): Report['items'][number]['told'][number] => ({
  ...{ step, cycle, path, state, attempts: attempt, queuedAt: row.queued_at.toISOString() },
  ...(row.sent_at ? { sentAt: row.sent_at.toISOString() } : {}),
  ...(row.received_at ? { receivedAt: row.received_at.toISOString() } : {}),
  ...(row.shown_at ? { shownAt: row.shown_at.toISOString() } : {}),
  ...(row.problem ? { problem: row.problem } : {}),
});
