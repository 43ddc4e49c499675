import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CASES, FOUNDATION, SMOKE } from './faults/cases.js';
import type { FaultCase, FaultResult } from './faults/fault-case.js';
import { LoopDisk, useDisk } from './faults/power-loss.js';
import { formatResult, formatSummary } from './faults/report.js';
import { runCase } from './faults/run-case.js';
import { World } from './world/world.js';

const HELP = `npm run faults -- [--all | --smoke] [--case F-01,F-02] [--seed N] [--no-mutations]
Runs faults against a cluster of its own, at least two replicas of each service, and counts what was violated: those that
everything stands on, with --all the rest as well.`;

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    case: { type: 'string' },
    seed: { type: 'string' },
    'no-mutations': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
  const wanted = values.case?.split(',') ?? usual();
  const unknown = wanted.filter((id) => !CASES.some((one) => one.id === id));
  if (unknown.length > 0)
    throw new Error(`no such case: ${unknown.join(', ')}; there are ${CASES.map(({ id }) => id).join(', ')}`);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const chosen = CASES.filter(({ id }) => wanted.includes(id));
  const startedAt = performance.now();
  const results: FaultResult[] = [];
  for (const alike of byWorld(chosen)) results.push(...(await runAll(alike, seed)));
  const skipped = chosen.flatMap(({ id, impossible }) => (impossible?.() ? [`${id}: ${impossible()}`] : []));
  const failed = results.filter(({ passed }) => !passed).length;
  console.log(formatSummary(results, skipped, performance.now() - startedAt));
  const directory = join(import.meta.dirname, '..', '..', 'faults', 'runs');
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, 'latest.json'),
    `${JSON.stringify({ seed, passed: results.length - failed, failed, skipped, results }, null, 2)}\n`,
  );
  return failed === 0 ? 0 : 1;
}

function usual(): readonly string[] {
  if (values.all) return CASES.map(({ id }) => id);
  return values.smoke ? SMOKE : FOUNDATION;
}

/** Cases that can share a cluster, together. */
function byWorld(cases: readonly FaultCase[]): FaultCase[][] {
  const keyOf = ({ onLoopDisk, gateways }: FaultCase) => `${onLoopDisk ? 'disk' : ''} ${gateways ?? ''}`;
  return Object.values(Object.groupBy(cases, keyOf)).flatMap((alike) => (alike ? [alike] : []));
}

async function runAll(cases: readonly FaultCase[], seed: number): Promise<FaultResult[]> {
  const possible = cases.filter(({ impossible }) => !impossible?.());
  const [first] = possible;
  if (!first) return [];
  const disk = first.onLoopDisk ? LoopDisk.make(join(tmpdir(), `relais-faults-${process.pid}`)) : undefined;
  useDisk(disk);
  const world = await World.start({
    name: `faults-${process.pid}`,
    say: (line) => console.log(`  ${line}`),
    ...(first.gateways ? { gateways: first.gateways } : {}),
    ...(disk ? { postgresDataDirectory: join(disk.mountPoint, 'postgres'), env: { DATABASE_UNSAFE: 'true' } } : {}),
  });
  try {
    const results: FaultResult[] = [];
    for (const one of possible) {
      console.log(`${one.id} ${one.title} (seed ${seed})`);
      const mutations = values['no-mutations'] ? [] : [one.mutation, ...(one.moreMutations ?? [])];
      for (const mutation of [undefined, ...mutations]) {
        const result = await runCase(world, one, seed, mutation);
        console.log(formatResult(result));
        results.push(result);
      }
    }
    return results;
  } finally {
    await world.close();
    disk?.remove();
  }
}
