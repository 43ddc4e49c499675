import { pause } from '../world/random.js';
import { ageOf, type Driver, type Pair, percentile, textNow } from './driver.js';

const IN_FLIGHT = 4;

/** One run of a load. */
export interface Sample {
  seconds: number;
  latenciesMs: number[];
  cpuSeconds: Record<string, number>;
}

export interface PathResult {
  perSecond: number;
  /** CPU time of all server processes, ms per 1,000 delivered messages. */
  cpuMsPer1000: number;
  cpuByProcess: Record<string, number>;
  p50Ms: number;
  p99Ms: number;
  delivered: number;
}

interface Counting {
  latenciesMs: number[];
  isCounting: boolean;
}

/** Every pair keeps four messages in flight: as fast as it goes. */
export function saturate(driver: Driver, pairs: readonly Pair[], seconds: number): Promise<Sample> {
  const drive = (pair: Pair) => {
    pair.onAcknowledged = () => pair.send(textNow());
    for (let index = 0; index < IN_FLIGHT; index++) pair.send(textNow());
    return () => void (pair.onAcknowledged = () => undefined);
  };
  return measure(driver, pairs, seconds, () => pairs.map(drive));
}

/** All pairs together send `perSecond`, whatever comes back: what people see at that load. */
export function atRate(driver: Driver, pairs: readonly Pair[], seconds: number, perSecond: number): Promise<Sample> {
  return measure(driver, pairs, seconds, () => drip(pairs, perSecond));
}

/** Begins to send, in turn and evenly. @returns what ends it for each pair */
export const drip = (pairs: readonly Pair[], perSecond: number): (() => void)[] =>
  pairs.map((pair, index) => {
    const intervalMs = (1_000 * pairs.length) / perSecond;
    let timer: NodeJS.Timeout;
    let dueAtMs = performance.now() + (index / pairs.length) * intervalMs;
    const tick = () => {
      for (; dueAtMs <= performance.now(); dueAtMs += intervalMs) pair.send(textNow());
      timer = setTimeout(tick, Math.max(0, dueAtMs - performance.now()));
    };
    tick();
    return () => clearTimeout(timer);
  });

async function measure(
  driver: Driver,
  pairs: readonly Pair[],
  seconds: number,
  drive: () => (() => void)[],
): Promise<Sample> {
  const counting: Counting = { latenciesMs: [], isCounting: false };
  for (const pair of pairs)
    pair.onDelivered = (text) => {
      if (!counting.isCounting) return;
      counting.latenciesMs.push(ageOf(text));
    };
  const stops = drive();
  await pause(2_000);
  const before = driver.cpuSeconds();
  const startedAtMs = performance.now();
  counting.isCounting = true;
  await pause(seconds * 1_000);
  counting.isCounting = false;
  const elapsedSeconds = (performance.now() - startedAtMs) / 1_000;
  const after = driver.cpuSeconds();
  for (const stop of stops) stop();
  await pause(1_000);
  return { seconds: elapsedSeconds, latenciesMs: counting.latenciesMs, cpuSeconds: spent(before, after) };
}

/** CPU time of each process between two looks, seconds. */
export const spent = (before: Record<string, number>, after: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]));

/** Several runs of the same load as one. */
export function summarize(samples: readonly Sample[]): PathResult {
  const sorted = samples.flatMap(({ latenciesMs }) => latenciesMs).toSorted((a, b) => a - b);
  const delivered = sorted.length;
  const sum = (pick: (sample: Sample) => number) => samples.reduce((total, sample) => total + pick(sample), 0);
  const names = Object.keys(samples[0]?.cpuSeconds ?? {});
  const cpuByProcess = Object.fromEntries(
    names.map((name) => [name, round((sum(({ cpuSeconds }) => cpuSeconds[name] ?? 0) * 1e6) / delivered)]),
  );
  return {
    delivered,
    perSecond: Math.round(delivered / sum(({ seconds }) => seconds)),
    cpuMsPer1000: round(Object.values(cpuByProcess).reduce((total, cpu) => total + cpu, 0)),
    cpuByProcess,
    p50Ms: round(percentile(sorted, 0.5)),
    p99Ms: round(percentile(sorted, 0.99)),
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;
