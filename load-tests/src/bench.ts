import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { growHistory } from './bench/history.js';
import { growEscalations, measureEscalations, measureIdleEngine } from './bench/escalations.js';
import { measureEnumeration } from './bench/enumeration.js';
import { measureGroup } from './bench/group.js';
import { hasLimit, LimitDriver } from './bench/limit-driver.js';
import { type Driver, type Pair, percentile } from './bench/driver.js';
import { whileFlooded } from './bench/login-flood.js';
import { Listeners } from './bench/listeners.js';
import { growPeople, type MassAlarmResult, raiseMassAlarm, raiseSmallAlarms } from './bench/mass-alarm.js';
import { memoryOf, SERVERS } from './bench/memory.js';
import { atRate, type PathResult, type Sample, saturate, summarize } from './bench/message-path.js';
import { RelaisDriver } from './bench/relais-driver.js';
import { measureRevocation } from './bench/revocation.js';
import { measureSockets } from './bench/sockets.js';
import { formatTable, type Row } from './bench/table.js';
import { measureDirectory } from './bench/directory.js';
import { Talk } from './bench/talk.js';
import { measureTokens } from './bench/tokens.js';
import { noDirectoryServer } from './faults/lying-directory.js';
import { pause } from './world/random.js';
import { World } from './world/world.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    pairs: { type: 'string', default: '50' },
    history: { type: 'string', default: '1000000' },
    members: { type: 'string', default: '1000' },
    recipients: { type: 'string', default: '10000' },
    escalations: { type: 'string', default: '50000' },
    directory: { type: 'string', default: '50000' },
    sockets: { type: 'string', default: '2000' },
    only: { type: 'string' },
    /** Every part; without it those of FOUNDATION. */
    all: { type: 'boolean', default: false },
    /** A folder for V8 CPU profiles of the services. */
    profile: { type: 'string' },
  },
});
const SECONDS = Number(values.seconds);
const PAIRS = Number(values.pairs);
const MEMBERS = Number(values.members);
const MIB = 1_024 ** 2;
/** Fifty people five times: 250 refusals of each kind. */
const ENUMERATED = 50;
const ALARMS = 5;
/** Longer than anything that one alarm has begun goes on. */
const SETTLING_MS = 3_000;
/** What everything else stands on, measured in five minutes: the budgets of docs/performance.md. */
const FOUNDATION = ['idle', 'path', 'rate', 'history', 'replicas', 'group', 'sockets', 'start'];
const wanted = values.only?.split(',') ?? FOUNDATION;
const wants = (part: string): boolean => values.all || wanted.includes(part);

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
  const relais = new RelaisDriver(world);
  if (wants('idle')) measureIdle(relais);
  if (wants('idle') || wants('escalations')) await measureIdleEngineShare();
  if (wants('tokens')) rows.push(...(await measureTokens()));
  say(`making ${PAIRS * 2} people`);
  if (wants('path') || wants('rate')) await measurePath(relais);
  if (wants('login')) await measureLoginFlood(relais);
  if (wants('enumeration')) await measureWhatRefusalsTell();
  if (wants('history')) await measureHistory(relais);
  if (wants('replicas')) await measureReplicas(relais);
  await relais.close();
  if (wants('group')) await measureLargeGroup();
  if (wants('sockets')) await measureIdleSockets();
  if (wants('alarms')) await measureAlarms(relais);
  if (wants('escalations')) await measureOpenEscalations();
  if (wants('start')) await measureStart();
  if (wants('directory')) await measurePeopleOfDirectory();
  if (wants('revocation')) await measureRevocations();
} finally {
  // What was measured is told even when something after it failed.
  report();
  await world.close();
}

/** Idle services have a budget of their own, below what they ask for. */
function measureIdle(relais: RelaisDriver): void {
  rows.push(...memoryOf(relais.usage(), SERVERS, 'idle'));
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

/** Product and yardstick in turn, on the same servers and with the same sockets, after a round that is thrown away. */
async function measurePath(relais: RelaisDriver): Promise<void> {
  if (!hasLimit()) return say('the bare path is not beside this checkout: no ratios');
  const limit = await LimitDriver.start(world.cluster);
  const [ours, theirs] = [await relais.pairs(PAIRS), await limit.pairs(PAIRS)];
  const inTurn = async (run: (driver: Driver, pairs: readonly Pair[]) => Promise<Sample>): Promise<Compared> => {
    const samples: { ours: Sample[]; theirs: Sample[] } = { ours: [], theirs: [] };
    for (let round = 0; round < 2; round++) {
      samples.theirs.push(await run(limit, theirs));
      samples.ours.push(await run(relais, ours));
    }
    return { ours: summarize(samples.ours), theirs: summarize(samples.theirs) };
  };
  // What a service runs for weeks is compiled after seconds: until then a third of the work is V8's compiler.
  say('warming both up');
  for (let round = 0; round < 3; round++) {
    await saturate(limit, theirs, SECONDS / 2);
    await saturate(relais, ours, SECONDS / 2);
  }
  if (wants('path')) {
    say('saturation');
    reportSaturation(await inTurn((driver, pairs) => saturate(driver, pairs, SECONDS / 2)));
    rows.push(...memoryOf(relais.usage(), [...FIRST.map(({ name }) => name), ...SERVERS], 'loaded'));
  }
  say('500 messages per second');
  reportRate(await inTurn((driver, pairs) => atRate(driver, pairs, SECONDS, 500)));
  await limit.close();
}

interface Compared {
  ours: PathResult;
  theirs: PathResult;
}

function reportSaturation(compared: Compared): void {
  details['saturation'] = compared;
  const { ours, theirs } = compared;
  rows.push(
    {
      what: 'server CPU per 1,000 messages at saturation',
      value: ours.cpuMsPer1000,
      unit: 'ms',
      bound: 1.6 * theirs.cpuMsPer1000,
    },
    {
      what: 'durable, delivered 1:1 messages',
      value: ours.perSecond,
      unit: '/s',
      bound: 0.6 * theirs.perSecond,
      atLeast: true,
    },
  );
}

function reportRate(compared: Compared): void {
  details['at 500/s'] = compared;
  const { ours, theirs } = compared;
  rows.push({ what: 'p99 send → other device at 500/s', value: ours.p99Ms, unit: 'ms', bound: 2 * theirs.p99Ms });
}

/** People talk while somebody guesses passwords with nothing in his way but what auth itself does about it. */
async function measureLoginFlood(relais: RelaisDriver): Promise<void> {
  const pairs = await relais.pairs(PAIRS);
  const talk = () => atRate(relais, pairs, SECONDS, 200);
  await talk();
  say('200 messages per second');
  const calm = summarize([await talk()]);
  say('200 messages per second, and a flood of logins');
  const { result, guesses } = await whileFlooded(world, talk);
  const flooded = summarize([result]);
  await relais.close();
  details['login flood'] = { calm, flooded, guesses };
  rows.push({
    what: 'p99 of messages during a flood of logins against without',
    value: flooded.p99Ms / calm.p99Ms,
    unit: '×',
    bound: 1.2,
  });
}

async function measureWhatRefusalsTell(): Promise<void> {
  say('logins of people who are there, and of people who are not');
  const result = await measureEnumeration(world, ENUMERATED);
  details['enumeration'] = result;
  rows.push({
    what: 'refused logins with and without an account, medians apart',
    value: result.apartMs,
    unit: 'ms',
    bound: 5,
  });
}

async function measureHistory(relais: RelaisDriver): Promise<void> {
  const pairs = await relais.pairs(PAIRS);
  await growHistory(world, 10_000);
  const short = summarize([await saturate(relais, pairs, SECONDS / 2)]);
  say(`growing the history to ${Number(values.history).toLocaleString('en')} entries`);
  await growHistory(world, Number(values.history));
  const long = summarize([await saturate(relais, pairs, SECONDS / 2)]);
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
  const one = summarize([await saturate(relais, await relais.pairs(PAIRS), SECONDS / 2)]);
  await relais.close();
  for (const name of SECOND) await world.cluster.startProcess(name);
  say('two replicas of each service');
  const two = summarize([await saturate(relais, await relais.pairs(PAIRS), SECONDS / 2)]);
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

/**
 * Emergencies to everybody while people talk: of five the worst, and the messages sent during one against those between. The
 * first is not thrown away: nobody has an alarm every day.
 */
async function measureAlarms(relais: RelaisDriver): Promise<void> {
  const [recipients, sockets] = [Number(values.recipients), Number(values.sockets)];
  say(`alarms to ${recipients} people, ${sockets} of them with a socket`);
  const sessions = await world.people.atLeast(sockets, (have) => have % 500 === 0 && say(`${have} people`));
  await growPeople(world, recipients);
  await raiseSmallAlarms(world);
  const listeners = await Listeners.open(await world.gateways(), sessions);
  const pairs = await relais.pairs(PAIRS);
  say('warming up');
  for (let round = 0; round < 3; round++) await saturate(relais, pairs, SECONDS / 2);
  const talk = new Talk(pairs, 200);
  const alarms: MassAlarmResult[] = [];
  const [calm, during]: [number[], number[]] = [[], []];
  for (let round = 0; round < ALARMS; round++) {
    const calmFromMs = performance.now() + SETTLING_MS;
    await pause(2 * SETTLING_MS);
    alarms.push(await raiseMassAlarm(world, listeners, sockets));
    await pause(SETTLING_MS);
    const { beganAtMs, endedAtMs } = alarms.at(-1) as MassAlarmResult;
    calm.push(...talk.between(calmFromMs, beganAtMs));
    during.push(...talk.between(beganAtMs, endedAtMs));
  }
  talk.end();
  listeners.close();
  await relais.close();
  const p99 = (latencies: number[]) =>
    percentile(
      latencies.toSorted((a, b) => a - b),
      0.99,
    );
  const messages = { calm: calm.length, calmP99Ms: p99(calm), during: during.length, duringP99Ms: p99(during) };
  details['alarms'] = { alarms, messages };
  const worst = (pick: (alarm: MassAlarmResult) => number) => Math.max(...alarms.map(pick));
  const what = `alarm to ${worst((alarm) => alarm.recipients)} people, ${sockets} sockets: `;
  rows.push(
    { what: `${what}first device`, value: worst((alarm) => alarm.firstDeviceMs), unit: 'ms', bound: 300 },
    { what: `${what}p99 device`, value: worst((alarm) => alarm.p99DeviceMs) / 1_000, unit: 's', bound: 3 },
    {
      what: `${what}all notifications committed`,
      value: worst((alarm) => alarm.committedMs) / 1_000,
      unit: 's',
      bound: 5,
    },
    {
      what: `${what}p99 of messages during it against before`,
      value: messages.duringP99Ms / messages.calmP99Ms,
      unit: '×',
      bound: 2,
    },
  );
}

/** Before there was any alarm: afterwards there is something to do for a while. */
async function measureIdleEngineShare(): Promise<void> {
  const share = await measureIdleEngine(world, SECONDS);
  rows.push({ what: 'alerting with nothing to do', value: share * 100, unit: '% of a core', bound: 1 });
}

async function measureOpenEscalations(): Promise<void> {
  await growEscalations(world, 1_000);
  const few = await measureEscalations(world);
  await growEscalations(world, Number(values.escalations));
  say(`${values.escalations} open escalations`);
  const many = await measureEscalations(world);
  details['escalations'] = { few, many };
  const what = `${values.escalations} open escalations: `;
  rows.push(
    { what: `${what}a cycle of the engine`, value: many.cycleMs, unit: 'ms', bound: 250 },
    {
      what: `${what}CPU per alarm against 1,000`,
      value: many.cpuMsPerAlarm / few.cpuMsPerAlarm,
      unit: '×',
      bound: 1.2,
    },
  );
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

/** On two replicas of each service, with as many sockets as `--sockets`. */
async function measureRevocations(): Promise<void> {
  for (const name of SECOND) await world.cluster.startProcess(name);
  say(`${values.sockets} sockets of people who are put out`);
  const revocation = await measureRevocation(world, Number(values.sockets));
  for (const name of SECOND) await world.cluster.stop(name);
  details['revocation'] = revocation;
  rows.push({
    what: `${revocation.people} people disabled: p99 until their last socket is closed`,
    value: revocation.p99Ms / 1_000,
    unit: 's',
    bound: 5,
  });
}

async function measurePeopleOfDirectory(): Promise<void> {
  const problem = noDirectoryServer();
  if (problem) return say(problem);
  say(`${values.directory} people of a directory`);
  const result = await measureDirectory(world, Number(values.directory));
  details['directory'] = result;
  const what = `${result.people} people of a directory: `;
  rows.push({ what: `${what}first run`, value: result.firstSeconds / 60, unit: 'min', bound: 5 });
  rows.push({ what: `${what}run without changes`, value: result.unchangedSeconds, unit: 's', bound: 20 });
  rows.push({ what: `${what}memory of auth`, value: result.peakMiB, unit: 'MiB RSS', bound: 300 });
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
