import type { Alarm, ShownItem } from '@relais/contracts';
import type { Database } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { SocketPath } from '../notifications/socket-path.js';
import { findAlarm } from './alarm-rows.postgres.js';
import { everyRecipient } from './recipient-rows.postgres.js';

/** Tells everybody who knows of an alarm, and who raised it, what has become of it. Live only: whoever misses it reads. */
export class Announcer {
  constructor(
    private readonly db: Database,
    private readonly sockets: SocketPath,
  ) {}

  async changed(organizationId: OrganizationId, alarm: Alarm): Promise<void> {
    this.sockets.changed(organizationId, await this.everybody(organizationId, alarm.id, alarm.raisedBy), alarm);
  }

  /** Something to do was added, done, or is not done after all. */
  async checklist(organizationId: OrganizationId, alarmId: string, item: ShownItem): Promise<void> {
    const alarm = await this.db.within(organizationId, (tx) => findAlarm(tx, organizationId, alarmId));
    const all = await this.everybody(organizationId, alarmId, alarm?.raised_by ?? undefined);
    this.sockets.tell(organizationId, all, { type: 'alarm_checklist', alarmId: alarmId as never, item });
  }

  /** Whoever raised it has said nothing new for a while. */
  updateDue(organizationId: OrganizationId, userId: UserId, alarmId: string): void {
    this.sockets.tell(organizationId, [userId], { type: 'alarm_update_due', alarmId: alarmId as never });
  }

  private async everybody(organizationId: OrganizationId, alarmId: string, raisedBy: UserId | undefined) {
    const recipients = await this.db.within(organizationId, (tx) => everyRecipient(tx, organizationId, alarmId));
    return [...new Set([...recipients, ...(raisedBy ? [raisedBy] : [])])];
  }
}
