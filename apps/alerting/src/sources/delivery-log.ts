import { Injectable } from '@nestjs/common';
import type { DeliveryOutcome } from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import { newId, type OrganizationId } from '@relais/kernel';
import { setTimer, type Timer } from '../engine/timers.postgres.js';
import { Duty } from '../engine/work.js';
import { deliveryEnded } from './metrics.js';
import { Sealing } from '../sealing.js';
import { forgetOldBodies, insertDelivery } from './delivery-rows.postgres.js';
import { forgetEndedGroups } from './group-rows.postgres.js';
import { clipped } from './incident.js';
import { forgetOldReceipts } from './receipt-rows.postgres.js';

export interface Ended {
  outcome: DeliveryOutcome;
  problem?: string | undefined;
  alarmId?: string | undefined;
  /** Only where the source keeps bodies. */
  body?: string | undefined;
}

const PROBLEM_BYTES = 1_024;
const TIDY_TIMER = 'source-tidy';
const TIDY_SECONDS = 6 * 3_600;
const REFUSED_AGAIN_MS = 60_000;
const MOST_REFUSED = 10_000;

/** What sources were sent and what became of it, for whoever looks for a mistake; and what of it is forgotten when. */
@Injectable()
export class DeliveryLog {
  private readonly refusedAtMs = new Map<string, number>();

  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
  ) {}

  /** @param also what happens with it in the same transaction */
  async write(
    organizationId: OrganizationId,
    sourceId: string,
    { outcome, problem, alarmId, body }: Ended,
    also: (tx: Tx) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<void> {
    const id = newId();
    const sealed = async (what: 'source.problem' | 'source.body', text: string | undefined) =>
      text === undefined ? null : this.sealing.seal(organizationId, what, id, text);
    const delivery = {
      ...{ id, outcome, alarm_id: alarmId ?? null },
      problem_sealed: await sealed('source.problem', problem === undefined ? problem : clipped(problem, PROBLEM_BYTES)),
      body_sealed: await sealed('source.body', body),
    };
    await this.db.within(organizationId, async (tx) => {
      await insertDelivery(tx, organizationId, sourceId, delivery);
      await setTimer(tx, organizationId, { subject_id: sourceId, kind: TIDY_TIMER }, TIDY_SECONDS);
      await also(tx);
    });
    deliveryEnded(outcome);
  }

  /** Whoever has no secret cannot push out what others wrote: once a minute is enough to see that something is wrong. */
  async refused(organizationId: OrganizationId, sourceId: string, problem: string): Promise<void> {
    deliveryEnded('refused');
    const now = performance.now();
    if (now - (this.refusedAtMs.get(sourceId) ?? -Infinity) < REFUSED_AGAIN_MS) return;
    if (this.refusedAtMs.size >= MOST_REFUSED) this.refusedAtMs.clear();
    this.refusedAtMs.set(sourceId, now);
    await this.write(organizationId, sourceId, { outcome: 'refused', problem });
  }

  @Duty(TIDY_TIMER)
  async tidy(tx: Tx, { organization_id: organizationId, subject_id: sourceId }: Timer): Promise<false> {
    const bodies = await forgetOldBodies(tx, organizationId, sourceId);
    const receipts = await forgetOldReceipts(tx, organizationId, sourceId);
    await forgetEndedGroups(tx, organizationId, sourceId);
    if (bodies || receipts)
      await setTimer(tx, organizationId, { subject_id: sourceId, kind: TIDY_TIMER }, TIDY_SECONDS);
    return false;
  }
}
