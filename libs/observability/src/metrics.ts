import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** All metrics of this process. */
export const metrics = new Registry();

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** From the commit to a recipient: online devices are in the first half, replays in the second. */
export const DELIVERY_SECONDS = [0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];

type Labels = readonly string[];

/** Names carry the prefix, the base unit and `_total`; labels come from closed sets, never ids. */
export const counter = <L extends Labels>(name: `relais_${string}_total`, help: string, labelNames?: L) =>
  new Counter<L[number]>({ name, help, labelNames: labelNames ?? [], registers: [metrics] });

/** `collect` sets it at each look; without, it keeps what it was set to last. */
export const gauge = <L extends Labels>(
  name: `relais_${string}`,
  help: string,
  labelNames?: L,
  collect?: (gauge: Gauge<L[number]>) => void,
) =>
  new Gauge<L[number]>({
    ...{ name, help, labelNames: labelNames ?? [], registers: [metrics] },
    ...(collect && {
      collect: function () {
        collect(this);
      },
    }),
  });

export const histogram = <L extends Labels>(
  name: `relais_${string}`,
  help: string,
  labelNames?: L,
  buckets = SECONDS,
) => new Histogram<L[number]>({ name, help, labelNames: labelNames ?? [], buckets, registers: [metrics] });

/**
 * How often the event loop is looked at. Each look wakes the process: the library's ten milliseconds cost a process that does
 * nothing 0.7 % of a core. What it reports as lag holds this pause, so rules and dashboards take it off.
 */
const LOOP_LOOKED_AT_MS = 100;

/** Starts the standard process and event-loop metrics; call once, from main.ts. */
export function startProcessMetrics(version: string, revision: string): void {
  collectDefaultMetrics({ register: metrics, eventLoopMonitoringPrecision: LOOP_LOOKED_AT_MS });
  gauge('relais_build_info', 'What runs here', ['version', 'revision']).set({ version, revision }, 1);
}

const dependencyUp = gauge('relais_dependency_up', 'Whether a dependency answered when last asked', ['dependency']);

export const dependency = (name: 'postgres' | 'keystore' | 'nats' | 'valkey', isUp: boolean): void =>
  dependencyUp.set({ dependency: name }, isUp ? 1 : 0);
