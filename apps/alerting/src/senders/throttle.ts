import type { Database, Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { holdPhones, noteUses, takeBackUses, takeTurns, type Use, usesOf } from './phone-use.postgres.js';
import type { Outcome } from '../notifications/finish.postgres.js';
import type { Problem } from './sent.js';
import { type PhonePath, type Room, roomOf, share, type Waiting } from './throttle-rules.js';

export interface ForPhone extends Waiting {
  destinationId: string;
}

/** What is to be done with each that waits. */
export interface Plan<One extends ForPhone> {
  /** To be sent, each telling of so many others, too. */
  sent: { one: One; bundled: One[] }[];
  delayed: { one: One; outcome: Outcome }[];
}

/**
 * Spares phones and the provider: how often one phone is used, and how much leaves per second, over all replicas. What exceeds
 * it is told of together with others or waits, and is never dropped; what is the first to a phone, and emergencies, do neither.
 */
export class Throttle {
  constructor(
    private readonly db: Database,
    private readonly perSecond: Readonly<Record<PhonePath, number>>,
  ) {}

  plan<One extends ForPhone>(
    organizationId: OrganizationId,
    path: PhonePath,
    waiting: readonly One[],
  ): Promise<Plan<One>> {
    const phones = Map.groupBy(waiting, ({ destinationId }) => destinationId);
    return this.db.within(organizationId, async (tx) => {
      const ids = [...phones.keys()];
      await holdPhones(tx, organizationId, path, ids);
      const repeated = waiting.map(({ id }) => id);
      const uses = Map.groupBy(await usesOf(tx, organizationId, path, ids, repeated), (use) => use.destination_id);
      const rooms = new Map(
        ids.map(
          (id) =>
            [
              id,
              roomOf(
                path,
                (uses.get(id) ?? []).map(({ age }) => age),
              ),
            ] as const,
        ),
      );
      const plan = planOf(phones, rooms);
      const paced = await this.pace(tx, path, plan, rooms);
      await noteUses(
        tx,
        organizationId,
        path,
        paced.sent.map(({ one }) => useOf(one)),
      );
      return paced;
    });
  }

  /** What was not sent leaves the room it took to others. */
  async takeBack(organizationId: OrganizationId, path: PhonePath, unsent: readonly ForPhone[]): Promise<void> {
    if (unsent.length === 0) return;
    await this.db.within(organizationId, (tx) => takeBackUses(tx, organizationId, path, unsent.map(useOf)));
  }

  private async pace<One extends ForPhone>(
    tx: Tx,
    path: PhonePath,
    plan: Plan<One>,
    rooms: ReadonlyMap<string, Room>,
  ): Promise<Plan<One>> {
    const waits = ({ one }: Plan<One>['sent'][0]) =>
      one.severity !== 'emergency' && !rooms.get(one.destinationId)?.isQuiet;
    const inTurn = plan.sent.filter(waits);
    if (inTurn.length === 0) return plan;
    const { taken, waitSeconds } = await takeTurns(tx, path, {
      wanted: inTurn.length,
      perSecond: this.perSecond[path],
    });
    const late = inTurn.slice(taken).flatMap(({ one, bundled }) => [one, ...bundled]);
    return {
      sent: plan.sent.filter((sending) => !waits(sending) || inTurn.indexOf(sending) < taken),
      delayed: [...plan.delayed, ...late.map((one) => ({ one, outcome: held('paced', waitSeconds) }))],
    };
  }
}

function planOf<One extends ForPhone>(
  phones: ReadonlyMap<string, readonly One[]>,
  rooms: ReadonlyMap<string, Room>,
): Plan<One> {
  const plan: Plan<One> = { sent: [], delayed: [] };
  for (const [id, waiting] of phones) {
    const room = rooms.get(id) as Room;
    const { sent, bundled, delayed } = share(waiting, room);
    const last = sent.length - 1;
    plan.sent.push(...sent.map((one, at) => ({ one, bundled: at === last ? bundled : [] })));
    plan.delayed.push(...delayed.map((one) => ({ one, outcome: held('throttled', Math.max(1, room.waitSeconds)) })));
  }
  return plan;
}

const useOf = ({ destinationId, id }: ForPhone): Use => ({ destinationId, notificationId: id });

const held = (problem: Problem, retrySeconds: number): Outcome => ({
  state: 'queued',
  problem,
  retrySeconds,
  isHeld: true,
});
