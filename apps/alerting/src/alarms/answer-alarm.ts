import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type Alarm, answerAlarm } from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { z } from 'zod';
import { alarmSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { alarmAnswered } from '../metrics.js';
import { qualificationsOf } from '../qualifications/qualification-rows.postgres.js';
import { Sealing } from '../sealing.js';
import { type AlarmContent, toAlarm } from './alarm-content.js';
import { type AlarmRow, changeAlarm, findAlarm, lockAlarm } from './alarm-rows.postgres.js';
import { Announcer } from './announcer.js';
import { isOver } from './close-alarm.js';
import { countAnswers, findRecipient, whoAnswered, writeAnswer } from './recipient-rows.postgres.js';
import { book, release } from './strategies/booking-rows.postgres.js';
import { type FilledPosition, fillPositions, isFilled } from './strategies/fill-positions.js';

type Command = z.output<typeof answerAlarm.input>;

/** Somebody says that they come, or do not. Enough who do, and the alarm escalates no further. */
@Injectable()
export class AnswerAlarmHandler {
  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
    private readonly announcer: Announcer,
  ) {}

  @Serves(answerAlarm)
  async execute(command: Command, { principal }: RequestContext): Promise<Alarm> {
    const { organizationId, userId } = principal;
    const { alarmId, note } = command;
    const content = await this.contentFor(organizationId, alarmId);
    const option = content.answers.find(({ key }) => key === command.answer);
    if (!option)
      throw answerAlarm.fail('unknown_answer', `expected one of ${content.answers.map(({ key }) => key).join(', ')}`);
    const noteSealed =
      note === undefined
        ? null
        : await this.sealing.seal(organizationId, 'alarm_recipient.note', `${alarmId}.${userId}`, note);
    const { changed, afterSeconds } = await this.db.within(organizationId, async (tx) => {
      const alarm = await this.assertOpenFor(tx, organizationId, command, userId);
      await this.book(tx, organizationId, alarm, userId, option.means === 'accepted');
      const answer = { userId, key: option.key, etaMinutes: command.etaMinutes ?? null, noteSealed };
      const afterSeconds = await writeAnswer(tx, organizationId, alarmId, answer);
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(userId), action: 'alarm.answered', object: alarmSubject(alarmId) },
        after: { answer: option.key, means: option.means },
      });
      return { changed: await this.count(tx, organizationId, alarm, content), afterSeconds };
    });
    alarmAnswered(changed.severity, option.means, afterSeconds);
    const told = toAlarm(changed, content);
    await this.announcer.changed(organizationId, told);
    return told;
  }

  private async contentFor(organizationId: OrganizationId, alarmId: string): Promise<AlarmContent> {
    const found = await this.db.within(organizationId, (tx) => findAlarm(tx, organizationId, alarmId));
    const content =
      found && (await this.sealing.open<AlarmContent>(organizationId, 'alarm.content', alarmId, found.content_sealed));
    if (!content) throw answerAlarm.fail('alarm_not_found');
    return content;
  }

  /** Only who was told may answer; to anybody else it is not there. */
  private async assertOpenFor(
    tx: Tx,
    organizationId: OrganizationId,
    { alarmId }: Command,
    userId: Parameters<typeof findRecipient>[3],
  ): Promise<AlarmRow> {
    const alarm = await lockAlarm(tx, organizationId, alarmId);
    const recipient = alarm && (await findRecipient(tx, organizationId, alarmId, userId));
    if (!alarm || !recipient) throw answerAlarm.fail('alarm_not_found');
    if (isOver(alarm)) throw answerAlarm.fail('alarm_over', `it is ${alarm.state}`);
    return alarm;
  }

  /** A yes to a strict alarm books the person: no other strict alarm has them meanwhile. */
  private async book(
    tx: Tx,
    organizationId: OrganizationId,
    { id, strategy }: AlarmRow,
    userId: UserId,
    comes: boolean,
  ): Promise<void> {
    if (strategy !== 'strict') return;
    if (!comes) await release(tx, organizationId, id, userId);
    else if (!(await book(tx, organizationId, id, userId)))
      throw answerAlarm.fail('booked_elsewhere', 'you have taken on another alarm that counts on you');
  }

  /** Whoever has accepted, put into what is asked for; who holds what as it is now. */
  private async fill(
    tx: Tx,
    organizationId: OrganizationId,
    { id, positions }: AlarmRow,
    keys: readonly string[],
  ): Promise<FilledPosition[]> {
    if (positions.length === 0) return [];
    const people = await whoAnswered(tx, organizationId, id, keys);
    const wanted = positions.map(({ qualificationId }) => qualificationId);
    const found = await qualificationsOf(tx, organizationId, people, wanted);
    const held = new Map(found.map(({ user_id, held: all }) => [user_id, all]));
    return fillPositions(
      positions,
      people.map((userId) => ({ userId, held: held.get(userId) ?? [] })),
    );
  }

  /** An answer may be changed: who does not come after all lets the alarm go on. */
  private async count(
    tx: Tx,
    organizationId: OrganizationId,
    alarm: AlarmRow,
    { answers }: AlarmContent,
  ): Promise<AlarmRow> {
    const keys = answers.filter(({ means }) => means === 'accepted').map(({ key }) => key);
    const accepted = await countAnswers(tx, organizationId, alarm.id, keys);
    const positions = await this.fill(tx, organizationId, alarm, keys);
    const asks = alarm.needed > 0 || positions.length > 0;
    const isEnough = asks && accepted >= alarm.needed && isFilled(positions);
    const stops = isEnough && alarm.state === 'open';
    if (stops)
      await recordFact(tx, organizationId, {
        actor: { kind: 'escalation', id: 'escalation' },
        ...{ action: 'alarm.acknowledged', object: alarmSubject(alarm.id) },
        ...{ before: { state: alarm.state }, after: { state: 'acknowledged', accepted } },
      });
    return changeAlarm(tx, organizationId, alarm.id, {
      accepted,
      positions,
      ...(stops ? { state: 'acknowledged', stops } : {}),
    });
  }
}
