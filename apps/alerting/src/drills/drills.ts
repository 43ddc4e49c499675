import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type Drill, listDrills, readDrill, startDrill } from '@relais/contracts';
import { Database } from '@relais/database';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { type DrillRow, drillsBefore, findDrill } from './drill-rows.postgres.js';
import { DrillRuns } from './drill-runs.js';

type Shown = z.input<typeof readDrill.output>;

/** Drills in the hands of administrators: begun, and looked at afterwards. */
@Injectable()
export class DrillsHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly runs: DrillRuns,
  ) {}

  @Serves(startDrill)
  async start(
    { drillId, plan }: z.output<typeof startDrill.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof startDrill.output>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId, userId } = principal;
    const drill = await this.runs.begin(organizationId, { id: drillId, plan, trigger: 'person', startedBy: userId });
    if (!isSame(drill, plan)) throw startDrill.fail('drill_id_reused');
    return show(drill);
  }

  @Serves(listDrills)
  async list(
    { cursor, limit }: z.output<typeof listDrills.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof listDrills.output>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    const asked = { before: readCursor(cursor), limit: limit + 1 };
    const found = await this.db.within(organizationId, (tx) => drillsBefore(tx, organizationId, asked));
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return {
      items: page.map((row) => show({ ...row, report: null })),
      ...(last ? { next: `${last.started_at.toISOString()}_${last.id}` } : {}),
    };
  }

  @Serves(readDrill)
  async read({ drillId }: { drillId: string }, { principal }: RequestContext): Promise<Shown> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    const drill = await this.db.within(organizationId, (tx) => findDrill(tx, organizationId, drillId));
    if (!drill) throw readDrill.fail('drill_not_found');
    return show(drill);
  }
}

const isSame = ({ plan }: DrillRow, { poolIds, everyone, seconds }: Drill['plan']): boolean =>
  plan.everyone === everyone && plan.seconds === seconds && plan.poolIds.join() === poolIds.join();

const show = ({ id, state, trigger, plan, report, ...row }: DrillRow): Shown => ({
  ...{ id: id as never, state, trigger, plan },
  ...(row.started_by ? { startedBy: row.started_by } : {}),
  ...{ startedAt: row.started_at.toISOString(), endsAt: row.ends_at.toISOString() },
  ...(row.ended_at ? { endedAt: row.ended_at.toISOString() } : {}),
  ...(row.score === null ? {} : { score: row.score }),
  ...(report ? { report } : {}),
});

function readCursor(cursor: string | undefined): { at: Date; id: string } | null {
  const [at = '', id = ''] = (cursor ?? '').split('_');
  return /^[0-9a-f-]{36}$/.test(id) && !Number.isNaN(Date.parse(at)) ? { at: new Date(at), id } : null;
}
