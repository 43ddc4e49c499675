import type { DutyState, Roster } from '@relais/contracts';
import type { UserId } from '@relais/kernel';

/** Somebody who is on duty, in whatever state: all of them are told. */
export interface HeldDuty {
  layer: number;
  userId: UserId;
  state: DutyState;
}

/**
 * Who is on duty once the clock has moved on: `planned` says for each layer who should be. Where hand-overs are confirmed,
 * whoever was on duty stays beside the successor until then; nobody is kept on duty where nobody comes.
 */
export const turn = (
  held: readonly HeldDuty[],
  planned: readonly (UserId | null)[],
  handOver: Roster['handOver'],
): HeldDuty[] =>
  planned.flatMap((userId, layer) => {
    if (userId === null) return [];
    const before = held.filter((one) => one.layer === layer);
    return handOver === 'automatic' ? [{ layer, userId, state: 'on_duty' }] : turnLayer(before, { layer, userId });
  });

function turnLayer(before: readonly HeldDuty[], next: Omit<HeldDuty, 'state'>): HeldDuty[] {
  const known = before.find(({ userId }) => userId === next.userId);
  // Their own shift, or it has come back to them before anybody else took it.
  if (known && known.state !== 'taking_over') return [{ ...next, state: 'on_duty' }];
  const others = before.filter(({ userId }) => userId !== next.userId);
  return [{ ...next, state: 'taking_over' }, ...others.map((one): HeldDuty => ({ ...one, state: 'handing_over' }))];
}

/** The successor has confirmed: whoever stayed on for them is relieved. Null when nothing waits for that person. */
export function confirm(held: readonly HeldDuty[], successor: UserId): HeldDuty[] | null {
  const layers = new Set(
    held.flatMap(({ userId, state, layer }) => (userId === successor && state === 'taking_over' ? [layer] : [])),
  );
  if (layers.size === 0) return null;
  return held.flatMap((one): HeldDuty[] => {
    if (!layers.has(one.layer)) return [one];
    return one.userId === successor ? [{ ...one, state: 'on_duty' }] : [];
  });
}

export interface Turned {
  begins: HeldDuty[];
  /** Still on duty, in another state. */
  changes: HeldDuty[];
  ends: HeldDuty[];
}

export function differences(before: readonly HeldDuty[], after: readonly HeldDuty[]): Turned {
  const find = (all: readonly HeldDuty[], { layer, userId }: HeldDuty) =>
    all.find((one) => one.layer === layer && one.userId === userId);
  return {
    begins: after.filter((one) => !find(before, one)),
    changes: after.filter((one) => (find(before, one)?.state ?? one.state) !== one.state),
    ends: before.filter((one) => !find(after, one)),
  };
}
