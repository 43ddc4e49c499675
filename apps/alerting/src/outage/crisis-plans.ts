import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type CrisisPlan, crisisPlan, putCrisisPlan, readCrisisPlan, readCrisisRooms } from '@relais/contracts';
import { Database } from '@relais/database';
import { newId, type OrganizationId } from '@relais/kernel';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { Engine } from '../engine/engine.js';
import { setTimer } from '../engine/timers.postgres.js';
import { recordFact, systemSubject, userSubject } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import { findPlan, roomsOf, writePlan, writeRooms } from './outage-rows.postgres.js';

/** What happens in an outage, said beforehand by those who may switch outage mode. */
@Injectable()
export class CrisisPlansHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly sealing: Sealing,
    private readonly engine: Engine,
  ) {}

  @Serves(readCrisisPlan)
  async read(_: unknown, { principal }: RequestContext): Promise<CrisisPlan> {
    await this.access.assertMay(principal, 'manage_break_glass');
    return this.planOf(principal.organizationId);
  }

  @Serves(putCrisisPlan)
  async put({ plan }: { plan: CrisisPlan }, { principal }: RequestContext): Promise<CrisisPlan> {
    await this.access.assertMay(principal, 'manage_break_glass');
    const { organizationId, userId } = principal;
    const sealed = await this.sealing.seal(organizationId, 'crisis_plan.plan', organizationId, plan);
    await this.db.within(organizationId, async (tx) => {
      await writePlan(tx, organizationId, sealed, userId);
      const rooms = plan.rooms.map(({ id }) => ({ id, conversationId: newId<string>() }));
      await writeRooms(tx, organizationId, rooms, userId);
      await setTimer(tx, organizationId, { subject_id: organizationId, kind: 'crisis-rooms' }, 0);
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(userId), action: 'crisis-plan.set', object: systemSubject('crisis-plan') },
        after: { severity: plan.alarm.severity, rooms: plan.rooms.length, atEnd: plan.atEnd },
      });
    });
    this.engine.wake();
    return plan;
  }

  @Serves(readCrisisRooms)
  async rooms(_: unknown, { principal }: RequestContext): Promise<z.input<typeof readCrisisRooms.output>> {
    await this.access.assertMay(principal, 'manage_break_glass');
    const found = await this.db.within(principal.organizationId, (tx) => roomsOf(tx, principal.organizationId));
    return {
      items: found.map((room) => ({
        id: room.id as never,
        conversationId: room.conversation_id,
        isOpen: room.is_open,
      })),
    };
  }

  /** What holds; the usual where nothing was said, or what was said cannot be read any more. */
  async planOf(organizationId: OrganizationId): Promise<CrisisPlan> {
    const found = await this.db.within(organizationId, (tx) => findPlan(tx, organizationId));
    const said =
      found && (await this.sealing.open(organizationId, 'crisis_plan.plan', organizationId, found.plan_sealed));
    return crisisPlan.parse(said ?? {});
  }
}
