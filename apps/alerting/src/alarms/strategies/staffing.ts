import { Injectable } from '@nestjs/common';
import { type AlarmStrategy, raiseAlarm } from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { OnDuty } from '../../engine/due-step.js';
import { applies } from '../../engine/step-conditions.js';
import { qualificationsOf } from '../../qualifications/qualification-rows.postgres.js';
import type { PlannedStep } from '../plan-steps.js';
import { levelsAtOnce, merge } from './arrange.js';
import { bookedOf } from './booking-rows.postgres.js';
import { fillPositions, isFilled, type Position } from './fill-positions.js';

export interface Demand {
  alarmId: string;
  strategy: AlarmStrategy;
  needed: number;
  positions: readonly Position[];
  policyId: string | null;
}

/** Who could come, as far as is known when an alarm is raised: which levels are told at once, and whether it can be raised. */
@Injectable()
export class Staffing {
  constructor(
    private readonly db: Database,
    private readonly onDuty: OnDuty,
  ) {}

  /** @throws AppError `positions_not_fillable` when the alarm is strict and there are not enough people to come */
  async arrange(organizationId: OrganizationId, steps: readonly PlannedStep[], demand: Demand): Promise<PlannedStep[]> {
    const { strategy } = demand;
    if (strategy === 'best_effort') return [...steps];
    return this.db.within(organizationId, async (tx) => {
      if (strategy === 'strict') {
        await this.assertFillable(tx, organizationId, steps, demand);
        return [...steps];
      }
      const alarm = { id: demand.alarmId, accepted: 0, policy_id: demand.policyId };
      const now = [];
      for (const step of steps) if (await applies(tx, organizationId, alarm, step.rules)) now.push(step);
      const people = await this.peopleOf(tx, organizationId, now, demand);
      const isEnough = (levels: readonly PlannedStep[]) =>
        lacksOf(
          demand,
          levels.flatMap((one) => people.get(one) ?? []),
        ).length === 0;
      return now.length > 0 ? merge(now, levelsAtOnce(strategy, now, isEnough)) : [...steps];
    });
  }

  private async assertFillable(
    tx: Tx,
    organizationId: OrganizationId,
    steps: readonly PlannedStep[],
    demand: Demand,
  ): Promise<void> {
    const all = [...(await this.peopleOf(tx, organizationId, steps, demand)).values()].flat();
    const ids = all.map(({ userId }) => userId);
    const booked = new Set(await bookedOf(tx, organizationId, ids));
    const free = all.filter(({ userId }) => !booked.has(userId));
    const lacks = lacksOf(demand, free);
    if (lacks.length > 0) throw raiseAlarm.fail('positions_not_fillable', `it lacks ${lacks.join(', ')}`);
  }

  private async peopleOf(tx: Tx, organizationId: OrganizationId, steps: readonly PlannedStep[], demand: Demand) {
    const members = new Map<PlannedStep, UserId[]>();
    for (const step of steps) {
      const roles = await this.onDuty.in(tx, organizationId, step.rules.rosterIds);
      members.set(step, [...step.userIds, ...step.rules.nextOf.flat(), ...roles.map(({ userId }) => userId)]);
    }
    const wanted = demand.positions.map(({ qualificationId }) => qualificationId);
    const found = await qualificationsOf(tx, organizationId, [...new Set([...members.values()].flat())], wanted);
    const held = new Map(found.map(({ user_id, held: all }) => [user_id, all]));
    const toPeople = (ids: UserId[]) => ids.map((userId) => ({ userId, held: held.get(userId) ?? [] }));
    return new Map([...members].map(([step, ids]) => [step, toPeople(ids)]));
  }
}

/** What these people cannot fill, in words. */
function lacksOf({ positions, needed }: Demand, people: readonly { userId: UserId; held: string[] }[]): string[] {
  const each = [...new Map(people.map((one) => [one.userId, one])).values()];
  const filled = fillPositions(positions, each);
  const missing = filled.filter((one) => !isFilled([one]));
  return [
    ...missing.map(
      (one) => `${one.needed - one.filled} of ${one.needed} with the qualification ${one.qualificationId}`,
    ),
    ...(each.length < needed ? [`${needed - each.length} of ${needed} people`] : []),
  ];
}
