import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type Alarm, endAlarm, updateAlarm } from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { alarmSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import { type AlarmContent, toAlarm } from './alarm-content.js';
import { type AlarmRow, changeAlarm, findAlarm, lockAlarm } from './alarm-rows.postgres.js';
import { Announcer } from './announcer.js';
import { end, isOver } from './close-alarm.js';

type Actor = { kind: string; id: string };
type Change = { title?: string | undefined; text?: string | undefined };

/** What becomes of an alarm, in the hands of who raised it and of those who may raise alarms. */
@Injectable()
export class ChangeAlarmHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly sealing: Sealing,
    private readonly announcer: Announcer,
  ) {}

  @Serves(updateAlarm)
  async update(
    { alarmId, ...change }: z.output<typeof updateAlarm.input>,
    { principal }: RequestContext,
  ): Promise<Alarm> {
    await this.assertMine(principal, alarmId);
    return this.change(principal.organizationId, alarmId, change, userSubject(principal.userId));
  }

  @Serves(endAlarm)
  async end({ alarmId, as }: z.output<typeof endAlarm.input>, { principal }: RequestContext): Promise<Alarm> {
    await this.assertMine(principal, alarmId);
    return this.finish(principal.organizationId, alarmId, as, userSubject(principal.userId));
  }

  /**
   * Says something new to everybody who was told; what it says already changes nothing. For whatever raises alarms by itself,
   * too.
   *
   * @throws AppError `alarm_not_found`, `alarm_over`
   */
  async change(organizationId: OrganizationId, alarmId: string, change: Change, actor: Actor): Promise<Alarm> {
    const before = await this.find(organizationId, alarmId);
    const content = await this.read(organizationId, before);
    if (!content) throw updateAlarm.fail('alarm_not_found', 'its content is gone');
    const next = { ...content, title: change.title ?? content.title, text: change.text ?? content.text };
    const isSame = next.title === content.title && next.text === content.text;
    if (isSame && !isOver(before)) return toAlarm(before, content);
    const contentSealed = await this.sealing.seal(organizationId, 'alarm.content', alarmId, next);
    const changed = await this.db.within(organizationId, async (tx) => {
      await this.lockOpen(tx, organizationId, alarmId);
      await recordFact(tx, organizationId, {
        ...{ actor, action: 'alarm.changed', object: alarmSubject(alarmId) },
        after: { changed: Object.keys(change) },
      });
      return changeAlarm(tx, organizationId, alarmId, { contentSealed });
    });
    return this.tell(organizationId, toAlarm(changed, next));
  }

  /** Ends it. For whatever raises alarms by itself, too. @throws AppError `alarm_not_found`, `alarm_over` */
  async finish(
    organizationId: OrganizationId,
    alarmId: string,
    as: 'all_clear' | 'cancelled',
    actor: Actor,
  ): Promise<Alarm> {
    const ended = await this.db.within(organizationId, async (tx) => {
      const alarm = await this.lockOpen(tx, organizationId, alarmId);
      return end(tx, organizationId, alarm, as, actor);
    });
    return this.tell(organizationId, toAlarm(ended, await this.read(organizationId, ended)));
  }

  private async assertMine(principal: Principal, alarmId: string): Promise<void> {
    const alarm = await this.find(principal.organizationId, alarmId);
    if (alarm.raised_by !== principal.userId) await this.access.assertMay(principal, 'raise_alarms');
  }

  private async find(organizationId: OrganizationId, alarmId: string): Promise<AlarmRow> {
    const alarm = await this.db.within(organizationId, (tx) => findAlarm(tx, organizationId, alarmId));
    if (!alarm) throw endAlarm.fail('alarm_not_found');
    return alarm;
  }

  private async lockOpen(tx: Tx, organizationId: OrganizationId, alarmId: string): Promise<AlarmRow> {
    const alarm = await lockAlarm(tx, organizationId, alarmId);
    if (!alarm) throw endAlarm.fail('alarm_not_found');
    if (isOver(alarm)) throw endAlarm.fail('alarm_over', `it is ${alarm.state}`);
    return alarm;
  }

  private read(organizationId: OrganizationId, { id, content_sealed }: AlarmRow): Promise<AlarmContent | null> {
    return this.sealing.open<AlarmContent>(organizationId, 'alarm.content', id, content_sealed);
  }

  private async tell(organizationId: OrganizationId, alarm: Alarm): Promise<Alarm> {
    await this.announcer.changed(organizationId, alarm);
    return alarm;
  }
}
