import type { LivePublisher, Surveys } from '@relais/bus';
import { type Alarm, live, type LiveEvent, PEOPLE_AT_ONCE, tellPeople } from '@relais/contracts';
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
/** Who is in no answer of a gateway until then is told on their own. */
const HELD_WITHIN_MS = 1_000;

/**
 * To the sockets of whoever has one. Sent means that it left for the gateways; whether a device has it, the device says.
 */
export class SocketPath implements Path {
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
    private readonly publisher: Pick<LivePublisher, 'publish'>,
    private readonly surveys: Pick<Surveys, 'ask'>,
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
    this.reach(
      organizationId,
      group.map(({ userId }) => userId),
      { type: 'alarm', alarm, step, cycle },
    );
  }

  /** Tells those who know of an alarm what has become of it. */
  changed(organizationId: OrganizationId, userIds: readonly UserId[], alarm: Alarm): void {
    this.tell(organizationId, userIds, { type: 'alarm_changed', alarm });
  }

  /** News to people who share no conversation, at most once: whoever misses it reads, and nothing older comes after it. */
  tell(organizationId: OrganizationId, userIds: readonly UserId[], event: LiveEvent): void {
    if (userIds.length <= FEW) return this.tellEach(organizationId, userIds, event);
    for (const page of pagesOf(userIds))
      this.publisher.publish(live.people(organizationId), JSON.stringify({ userIds: page, told: event }));
  }

  /** An alarm, which devices know when it comes twice: whoever no gateway says to have is told on their own. */
  reach(organizationId: OrganizationId, userIds: readonly UserId[], event: LiveEvent): void {
    if (userIds.length <= FEW) return this.tellEach(organizationId, userIds, event);
    for (const page of pagesOf(userIds)) {
      const work = this.reachMany(organizationId, page, event);
      this.underWay.add(work);
      void work.then(() => this.underWay.delete(work));
    }
  }

  /** Ends when everybody has been told of what was begun. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.underWay);
  }

  /** Gateways of an older release hear nothing of what many are told, nor does one that is cut off: both say nothing either. */
  private async reachMany(organizationId: OrganizationId, userIds: UserId[], told: LiveEvent): Promise<void> {
    const question = { userIds, told };
    const answers = await this.surveys.ask(tellPeople(organizationId), question, HELD_WITHIN_MS).catch(() => []);
    const held = new Set(answers.flatMap((answer) => answer.held));
    const rest = userIds.filter((_, at) => !held.has(at));
    if (rest.length > 0) this.tellEach(organizationId, rest, told);
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
