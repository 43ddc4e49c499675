import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { growHistory } from './bench/history.js';
import { measureGroup } from './bench/group.js';
import { hasLimit, LimitDriver } from './bench/limit-driver.js';
import { atRate, type PathResult, saturate } from './bench/message-path.js';
import { RelaisDriver } from './bench/relais-driver.js';
import { measureSockets } from './bench/sockets.js';
import { formatTable, type Row } from './bench/table.js';
import { World } from './world/world.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    pairs: { type: 'string', default: '50' },
    history: { type: 'string', default: '1000000' },
    members: { type: 'string', default: '1000' },
    sockets: { type: 'string', default: '2000' },
    only: { type: 'string' },
    /** A folder for V8 CPU profiles of the services. */
    profile: { type: 'string' },
  },
});
const SECONDS = Number(values.seconds);
const PAIRS = Number(values.pairs);
const MEMBERS = Number(values.members);
const MIB = 1_024 ** 2;
const wanted = values.only?.split(',');
const wants = (part: string): boolean => wanted === undefined || wanted.includes(part);

const startedAtMs = performance.now();
const say = (line: string) =>
  console.log(`${((performance.now() - startedAtMs) / 1_000).toFixed(0).padStart(4)} s  ${line}`);
const details: Record<string, unknown> = {};
const rows: Row[] = [];

const world = await World.start({
  name: `bench-${process.pid}`,
  replicas: 1,
  say,
  env: {
    LOG_LEVEL: 'warn',
    ADMISSION_PER_SECOND: '10000',
    ...(values.profile ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${values.profile}` } : {}),
  },
});
const SECOND = world.cluster.replicas.filter(({ number }) => number === 2).map(({ name }) => name);
const FIRST = world.cluster.replicas.filter(({ number }) => number === 1);
try {
  for (const name of SECOND) await world.cluster.stop(name);
  if (wants('idle')) measureIdle();
  const relais = new RelaisDriver(world);
  say(`making ${PAIRS * 2} people`);
  if (wants('path')) await measurePath(relais);
  if (wants('history')) await measureHistory(relais);
  if (wants('replicas')) await measureReplicas(relais);
  await relais.close();
  if (wants('group')) await measureLargeGroup();
  if (wants('sockets')) await measureIdleSockets();
  if (wants('start')) await measureStart();
} finally {
  await world.close();
}
report();

function measureIdle(): void {
  for (const { name, service } of FIRST) {
    const mib = world.cluster.usage(name).rssBytes / MIB;
    rows.push({
      what: `idle memory: ${service}`,
      value: mib,
      unit: 'MiB RSS',
      bound: service === 'gateway' ? 130 : 115,
    });
  }
}

/** Product and yardstick in turn, on the same servers and with the same sockets. */
async function measurePath(relais: RelaisDriver): Promise<void> {
  if (!hasLimit()) return say('the bare path is not beside this checkout: no ratios');
  const limit = await LimitDriver.start(world.cluster);
  const [ours, theirs] = [await relais.pairs(PAIRS), await limit.pairs(PAIRS)];
  say('warming both up');
  for (const [driver, pairs] of [
    [limit, theirs],
    [relais, ours],
  ] as const)
    await saturate(driver, pairs, SECONDS / 2);
  const runs: Record<string, PathResult[]> = { ours: [], theirs: [] };
  for (let round = 0; round < 2; round++) {
    say(`saturation, round ${round + 1}`);
    runs['theirs']?.push(await saturate(limit, theirs, SECONDS / 2));
    runs['ours']?.push(await saturate(relais, ours, SECONDS / 2));
  }
  say('500 messages per second');
  const rate = { theirs: await atRate(limit, theirs, SECONDS, 500), ours: await atRate(relais, ours, SECONDS, 500) };
  await limit.close();
  details['saturation'] = runs;
  details['at 500/s'] = rate;
  const mean = (name: string, pick: (result: PathResult) => number) =>
    (runs[name] ?? []).reduce((sum, result) => sum + pick(result), 0) / (runs[name]?.length ?? 1);
  const cpu = (result: PathResult) => result.cpuMsPer1000;
  const speed = (result: PathResult) => result.perSecond;
  rows.push(
    {
      what: 'server CPU per 1,000 messages at saturation',
      value: mean('ours', cpu),
      unit: 'ms',
      bound: 1.6 * mean('theirs', cpu),
    },
    {
      what: 'durable, delivered 1:1 messages',
      value: mean('ours', speed),
      unit: '/s',
      bound: 0.6 * mean('theirs', speed),
      atLeast: true,
    },
    { what: 'p99 send → other device at 500/s', value: rate.ours.p99Ms, unit: 'ms', bound: 2 * rate.theirs.p99Ms },
  );
}

async function measureHistory(relais: RelaisDriver): Promise<void> {
  const pairs = await relais.pairs(PAIRS);
  await growHistory(world, 10_000);
  const short = await saturate(relais, pairs, SECONDS / 2);
  say(`growing the history to ${Number(values.history).toLocaleString('en')} entries`);
  await growHistory(world, Number(values.history));
  const long = await saturate(relais, pairs, SECONDS / 2);
  details['history'] = { short, long };
  rows.push({
    what: `CPU per message, ${values.history} entries against 10,000`,
    value: long.cpuMsPer1000 / short.cpuMsPer1000,
    unit: '×',
    bound: 1.2,
  });
}

/** The same load on twice the replicas, on the same two cores: what a message costs more for it. */
async function measureReplicas(relais: RelaisDriver): Promise<void> {
  const one = await saturate(relais, await relais.pairs(PAIRS), SECONDS / 2);
  await relais.close();
  for (const name of SECOND) await world.cluster.startProcess(name);
  say('two replicas of each service');
  const two = await saturate(relais, await relais.pairs(PAIRS), SECONDS / 2);
  await relais.close();
  for (const name of SECOND) await world.cluster.stop(name);
  details['replicas'] = { one, two };
  rows.push({
    what: 'CPU per message, two replicas against one',
    value: two.cpuMsPer1000 / one.cpuMsPer1000,
    unit: '×',
    bound: 1.5,
  });
}

async function measureLargeGroup(): Promise<void> {
  say(`making ${MEMBERS} people`);
  await world.people.atLeast(MEMBERS, (have) => have % 200 === 0 && say(`${have} people`));
  say('group');
  const group = await measureGroup(world, MEMBERS, Math.min(SECONDS, 10));
  details['group'] = group;
  rows.push({
    what: `group of ${MEMBERS}, 10/s: p99 to the last online device`,
    value: group.p99Ms,
    unit: 'ms',
    bound: 250,
  });
}

async function measureIdleSockets(): Promise<void> {
  say(`${values.sockets} idle sockets`);
  // A gateway that has held sockets before has the memory for them already.
  await world.cluster.restart('gateway-1');
  const sockets = await measureSockets(world, Number(values.sockets));
  details['sockets'] = sockets;
  rows.push({ what: 'memory per idle authenticated socket', value: sockets.kibPerSocket, unit: 'KiB', bound: 25 });
}

async function measureStart(): Promise<void> {
  for (const { name, service } of FIRST) {
    await world.cluster.stop(name);
    const beganAtMs = performance.now();
    await world.cluster.startProcess(name);
    rows.push({
      what: `start to ready: ${service}`,
      value: (performance.now() - beganAtMs) / 1_000,
      unit: 's',
      bound: 3,
    });
  }
}

function report(): void {
  const table = formatTable(rows);
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`;
  console.log(`\n${machine}, ${Math.round((performance.now() - startedAtMs) / 1_000)} s\n\n${table}`);
  const directory = join(import.meta.dirname, '..', '..', 'bench');
  mkdirSync(directory, { recursive: true });
  const latest = { takenAt: new Date().toISOString(), machine, rows, details };
  writeFileSync(join(directory, 'latest.json'), `${JSON.stringify(latest, null, 2)}\n`);
}
