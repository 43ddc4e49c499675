import type { LivePublisher } from '@relais/bus';
import { type Alarm, live, type LiveEvent, PEOPLE_AT_ONCE, type PeopleTold } from '@relais/contracts';
import type { Database } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { type AlarmContent, toAlarm } from '../alarms/alarm-content.js';
import { findAlarm } from '../alarms/alarm-rows.postgres.js';
import type { Sealing } from '../sealing.js';
import type { Path } from './dispatcher.js';
import type { Claimed } from './claim.postgres.js';
import type { Outcome } from './finish.postgres.js';

/** So many are told one by one: only the gateways they are at hear of it. */
const FEW = 8;

/**
 * To the sockets of whoever has one. Sent means that it left for the gateways; whether a device has it, the device says.
 */
export class SocketPath implements Path {
  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
    private readonly publisher: Pick<LivePublisher, 'publish'>,
  ) {}

  async send(organizationId: OrganizationId, claimed: readonly Claimed[]): Promise<Outcome[]> {
    const rounds = Map.groupBy(claimed, ({ alarmId, step, cycle }) => `${alarmId}.${step}.${cycle}`);
    for (const group of rounds.values()) await this.round(organizationId, group);
    return claimed.map(() => ({ state: 'sent' }));
  }

  private async round(organizationId: OrganizationId, group: readonly Claimed[]): Promise<void> {
    const [{ alarmId, step, cycle }] = group as readonly [Claimed];
    const alarm = await this.read(organizationId, alarmId);
    if (!alarm) return;
    this.tell(
      organizationId,
      group.map(({ userId }) => userId),
      { type: 'alarm', alarm, step, cycle },
    );
  }

  /** Tells those who know of an alarm what has become of it. */
  changed(organizationId: OrganizationId, userIds: readonly UserId[], alarm: Alarm): void {
    this.tell(organizationId, userIds, { type: 'alarm_changed', alarm });
  }

  /** To people who share no conversation, at most once: whoever misses it reads, and nothing older comes after it. */
  tell(organizationId: OrganizationId, userIds: readonly UserId[], event: LiveEvent): void {
    if (userIds.length <= FEW) return this.tellEach(organizationId, userIds, event);
    for (const page of pagesOf(userIds)) {
      const told: PeopleTold = { userIds: page, told: event };
      this.publisher.publish(live.people(organizationId), JSON.stringify(told));
    }
  }

  private tellEach(organizationId: OrganizationId, userIds: readonly UserId[], event: LiveEvent): void {
    const bytes = Buffer.from(JSON.stringify(event));
    for (const userId of userIds) this.publisher.publish(live.user(organizationId, userId), bytes);
  }

  private async read(organizationId: OrganizationId, alarmId: string): Promise<Alarm | null> {
    const row = await this.db.within(organizationId, (tx) => findAlarm(tx, organizationId, alarmId));
    if (!row) return null;
    return toAlarm(
      row,
      await this.sealing.open<AlarmContent>(organizationId, 'alarm.content', row.id, row.content_sealed),
    );
  }
}

const pagesOf = (userIds: readonly UserId[]): UserId[][] =>
  Array.from({ length: Math.ceil(userIds.length / PEOPLE_AT_ONCE) }, (_, page) =>
    userIds.slice(page * PEOPLE_AT_ONCE, (page + 1) * PEOPLE_AT_ONCE),
  );
