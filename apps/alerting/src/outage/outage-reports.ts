import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type CrisisPlan, listOutages, type Outage, type OutageReport, readOutageReport } from '@relais/contracts';
import { Database } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { Access } from '@relais/service';
import { Sealing } from '../sealing.js';
import { probesOf, transitionsBetween } from '../watch/probe-rows.postgres.js';
import { Watch } from '../watch/watch.js';
import { findOutage, lastOutages, loginsBetween, type OutageRow, reachOf, roomsOf } from './outage-rows.postgres.js';

export interface Reason {
  says: string;
  userId?: UserId;
}

const HOUR_MS = 3_600_000;
const LAST = 200;

/** What happened in an outage: written once, when it is over, and shown to those who may switch outage mode. */
@Injectable()
export class OutageReports {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly sealing: Sealing,
    private readonly watch: Watch,
  ) {}

  @Serves(listOutages)
  async list(_: unknown, { principal }: RequestContext): Promise<{ items: Outage[] }> {
    await this.access.assertMay(principal, 'manage_break_glass');
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, (tx) => lastOutages(tx, organizationId, LAST));
    return { items: found.map(toOutage) };
  }

  @Serves(readOutageReport)
  async read({ outageId }: { outageId: string }, { principal }: RequestContext): Promise<OutageReport> {
    await this.access.assertMay(principal, 'manage_break_glass');
    const { organizationId } = principal;
    const outage = await this.db.within(organizationId, (tx) => findOutage(tx, organizationId, outageId));
    if (!outage) throw readOutageReport.fail('outage_not_found');
    const { report_sealed: sealed } = outage;
    if (!sealed)
      throw readOutageReport.fail('outage_not_over', `it is ${outage.state}: its report is written at its end`);
    const report = await this.sealing.open<OutageReport>(organizationId, 'outage.report', outageId, sealed);
    if (!report) throw readOutageReport.fail('outage_not_found', 'its content is gone');
    return report;
  }

  async write(
    organizationId: OrganizationId,
    outage: OutageRow,
    plan: CrisisPlan,
    endReason: Reason,
  ): Promise<OutageReport> {
    const { id, began_at: from, reason_sealed } = outage;
    const to = outage.ended_at ?? new Date();
    const found = await this.db.within(organizationId, async (tx) => ({
      transitions: await transitionsBetween(tx, organizationId, new Date(from.getTime() - HOUR_MS), to),
      reach: await reachOf(tx, organizationId, id),
      rooms: await roomsOf(tx, organizationId),
      logins: await loginsBetween(tx, organizationId, from, to),
    }));
    const begin = reason_sealed
      ? (await this.sealing.open<{ begin: Reason }>(organizationId, 'outage.reason', id, reason_sealed))?.begin
      : undefined;
    const names = await this.namesOf(organizationId);
    return {
      ...{ outage: { ...toOutage(outage), state: 'over' }, reason: begin?.says ?? '', endReason: endReason.says },
      ...(begin?.userId ? { begunByUserId: begin.userId } : {}),
      ...(endReason.userId ? { endedByUserId: endReason.userId } : {}),
      durationSeconds: Math.round((to.getTime() - from.getTime()) / 1_000),
      timeline: found.transitions.map(({ at, probe_id, became, problem }) => ({
        ...{ at: at.toISOString(), became },
        ...(probe_id ? { probeId: probe_id as never, probe: names.get(probe_id) ?? 'deleted' } : {}),
        ...(problem ? { problem } : {}),
      })),
      people: found.reach,
      rooms: plan.rooms.flatMap(({ id: roomId, title }) => {
        const room = found.rooms.find((one) => one.id === roomId && one.is_open);
        if (!room) return [];
        const counts = { joined: room.joined, keptApart: room.kept_apart, leftOut: room.left_out };
        return [{ id: roomId, title, conversationId: room.conversation_id, ...counts }];
      }),
      breakGlass: found.logins.map(({ at, user_id, device_id }) => ({
        ...{ at: at.toISOString(), userId: user_id, deviceId: device_id as never },
      })),
    };
  }

  private async namesOf(organizationId: OrganizationId): Promise<Map<string, string>> {
    const probes = await this.db.within(organizationId, (tx) => probesOf(tx, organizationId));
    const named: [string, string][] = [];
    for (const row of probes) named.push([row.id, (await this.watch.open(organizationId, row))?.name ?? 'unreadable']);
    return new Map(named);
  }
}

const toOutage = (row: OutageRow): Outage => ({
  ...{ id: row.id as never, alarmId: row.id as never, state: row.state },
  ...{ beganAt: row.began_at.toISOString(), begunBy: row.begun_by },
  ...(row.ended_at ? { endedAt: row.ended_at.toISOString() } : {}),
  ...(row.ended_by ? { endedBy: row.ended_by } : {}),
});
