import { check, total } from '../checker/checker.js';
import { EventScan } from '../checker/event-scan.js';
import { footprintOf, leftBehind } from '../checker/footprint.js';
import { Wiretap } from '../checker/wiretap.js';
import { pause, seeded } from '../world/random.js';
import { Workload } from '../world/workload.js';
import type { World } from '../world/world.js';
import type { FaultCase, FaultResult, Mutation } from './fault-case.js';

/** In pairs and groups of eight, and beside them a pair of another organization, with an eleventh of the load. */
const PEOPLE = 16;
const NEIGHBOURS = 2;
const CALM_MS = 1_500;
const SETTLE_MS = 45_000;
const SETTLE_MUTATED_MS = 12_000;

/**
 * Load, fault, healing, quiet, check. With a mutation its bug is in, and the case passes when it is noticed:
 * when any count is above zero, or the clients never come to rest. A planted bug may lose a conversation while it is made:
 * then others are made, because what is to be seen is what becomes of entries.
 */
export async function runCase(
  world: World,
  one: FaultCase,
  seed: number,
  mutation: Mutation | undefined,
): Promise<FaultResult> {
  const isMutated = mutation !== undefined;
  const random = seeded(seed);
  const undo = await mutation?.apply?.(world);
  await world.plant(mutation?.preloads ?? one.preloads ?? {});
  const restartsBefore = world.restarts;
  const bugsBefore = new Set(world.bugs());
  const before = await footprintOf(world);
  const sessions = [...(await world.people.atLeast(PEOPLE)), ...(await world.neighbours.atLeast(NEIGHBOURS))];
  const wiretap = await Wiretap.lay();
  // From the first request on: making the conversations may meet a planted end.
  world.supervise();
  const gateways = await world.cluster.gatewayUrls();
  const start = () => Workload.start(sessions, gateways, random);
  const workload = isMutated ? await start().catch(start).catch(start) : await start();
  try {
    workload.run(one.perSecond ?? 150);
    await pause(CALM_MS);
    const context = { world, workload, random };
    const counts = await one.inject(context);
    await pause(CALM_MS);
    workload.stopWriting();
    await world.calm();
    const settledMs = await workload.settle(isMutated ? SETTLE_MUTATED_MS : SETTLE_MS);
    const bugs = world.bugs().filter((line) => !bugsBefore.has(line));
    const violations = await check(workload, { events: new EventScan(world.cluster), shown: wiretap.shown, bugs });
    const extra = { ...counts?.(), ...(await one.extra?.(context)) };
    await workload.close();
    const left = isMutated ? [] : await leftBehind(world, before);
    violations.I9 = left.length;
    if (!isMutated) for (const line of [...bugs, ...left]) console.log(`  ${line}`);
    const isClean = total(violations) + sum(extra) === 0 && settledMs !== undefined;
    return {
      ...summary(one, seed, mutation, workload),
      restarts: world.restarts - restartsBefore,
      settledMs,
      violations,
      extra,
      passed: isClean !== isMutated,
    };
  } finally {
    await workload.close();
    wiretap.remove();
    await undo?.();
  }
}

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((all, count) => all + count, 0);

function summary({ id }: FaultCase, seed: number, mutation: Mutation | undefined, { clients }: Workload) {
  const outcomes = clients.flatMap(({ sent }) => sent.map(({ outcome }) => outcome.kind));
  const count = (kind: string) => outcomes.filter((outcome) => outcome === kind).length;
  return {
    id,
    mutation: mutation?.name,
    seed,
    sent: outcomes.length,
    acknowledged: count('ok'),
    unknown: count('unknown') + count('pending'),
    refused: count('refused'),
    resent: clients.reduce((all, { connection }) => all + connection.counters.resent, 0),
  };
}
