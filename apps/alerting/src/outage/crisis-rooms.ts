import { Injectable } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { type CrisisPlan, type CrisisRoom, keepRoom, LIMITS, type MemberRole } from '@relais/contracts';
import { Database } from '@relais/database';
import { newId, type OrganizationId, type UserId } from '@relais/kernel';
import { Audiences } from '../audience.js';
import type { Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { settingsOf } from '../settings-rows.postgres.js';
import { CrisisPlansHandler } from './crisis-plans.js';
import { openedRoom, renewRoom, type RoomRow, roomsOf } from './outage-rows.postgres.js';

/** The conversations of a crisis: made ahead where the plan says so, filled when it begins, and closed or kept at its end. */
@Injectable()
export class CrisisRooms {
  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
    private readonly audiences: Audiences,
    private readonly plans: CrisisPlansHandler,
  ) {}

  /** Makes those ahead that are to be there ahead. */
  @Errand('crisis-rooms')
  async prepare({ organization_id: organizationId }: Pick<Timer, 'organization_id'>): Promise<null> {
    const plan = await this.plans.planOf(organizationId);
    for (const { room, row } of await this.pairs(organizationId, plan))
      if (room.ahead && !row.is_open) await this.keep(organizationId, plan, room, row, [moderator(row.keeper)]);
    return null;
  }

  async open(organizationId: OrganizationId, plan: CrisisPlan): Promise<void> {
    for (const { room, row } of await this.pairs(organizationId, plan)) {
      const members = await this.membersOf(organizationId, room, row);
      let [keptApart, leftOut] = [0, 0];
      for (let from = 0; from === 0 || from < members.length; from += LIMITS.membersPerChange) {
        const page = members.slice(from, from + LIMITS.membersPerChange);
        const answer = await this.keep(organizationId, plan, room, row, page);
        keptApart += answer.keptApart.length;
        leftOut += answer.leftOut.length;
      }
      const counts = { joined: members.length - keptApart - leftOut, keptApart, leftOut };
      await this.db.within(organizationId, (tx) => openedRoom(tx, organizationId, room.id, counts));
    }
  }

  /** Closed ones are other conversations the next time, prepared at once where they are to be there ahead. */
  async close(organizationId: OrganizationId, plan: CrisisPlan): Promise<void> {
    if (plan.atEnd === 'keep') return;
    for (const { room, row } of await this.pairs(organizationId, plan)) {
      if (!row.is_open) continue;
      await this.keep(organizationId, plan, room, row, [], true);
      const next = { from: row.conversation_id, to: newId<string>(), keeper: row.keeper };
      await this.db.within(organizationId, (tx) => renewRoom(tx, organizationId, room.id, next));
    }
    await this.prepare({ organization_id: organizationId });
  }

  private async pairs(organizationId: OrganizationId, plan: CrisisPlan): Promise<{ room: CrisisRoom; row: RoomRow }[]> {
    const found = await this.db.within(organizationId, (tx) => roomsOf(tx, organizationId));
    return plan.rooms.flatMap((room) => {
      const row = found.find(({ id }) => id === room.id);
      return row ? [{ room, row }] : [];
    });
  }

  private async keep(
    organizationId: OrganizationId,
    plan: CrisisPlan,
    room: CrisisRoom,
    row: RoomRow,
    join: { userId: UserId; role: MemberRole }[],
    closes = false,
  ) {
    const { emergenciesLiftBarriers } = await this.db.within(organizationId, (tx) => settingsOf(tx, organizationId));
    return this.bus.request(keepRoom, {
      ...{ organizationId, conversationId: row.conversation_id, kind: room.kind, title: room.title, join, closes },
      ...{ actorId: row.keeper, liftsBarriers: emergenciesLiftBarriers && plan.alarm.severity === 'emergency' },
    });
  }

  /** The active ones of its pools, as auth knows them now; whoever prepared it leads it, if they are still here. */
  private async membersOf(organizationId: OrganizationId, room: CrisisRoom, { keeper }: RoomRow) {
    const expand = (poolIds: CrisisRoom['poolIds']) =>
      this.audiences.expand(organizationId, null, { userIds: [], poolIds, everyone: poolIds.length === 0 });
    const audience = { userIds: [keeper], poolIds: [], everyone: false };
    const leaders = await this.audiences.expand(organizationId, null, audience);
    const writers = new Set(room.writerPoolIds.length > 0 ? await expand(room.writerPoolIds) : []);
    const roleOf = (userId: UserId): MemberRole =>
      writers.has(userId) || (room.kind === 'group' && room.writerPoolIds.length === 0) ? 'writer' : 'reader';
    const all = new Set([...(await expand(room.poolIds)), ...writers]);
    for (const leader of leaders) all.delete(leader);
    return [...leaders.map(moderator), ...[...all].map((userId) => ({ userId, role: roleOf(userId) }))];
  }
}

const moderator = (userId: UserId) => ({ userId, role: 'moderator' as const });
