import { Readiness, startInternalServer } from './health.js';
import { letHeapGrow } from './heap-growth.js';
import { lastLook } from './last-look.js';
import { type Lifecycle, runService } from './lifecycle.js';
import { createLogger, type Log } from './logger.js';
import { startProcessMetrics } from './metrics.js';
import { collectStartupGarbage } from './startup-garbage.js';
import { startTracing, type TracingSettings } from './tracing/start-tracing.js';

/** What the process around a service reads of its settings. */
export interface ServiceSettings extends TracingSettings {
  readonly HOST: string;
  readonly INTERNAL_PORT: number;
  readonly LOG_LEVEL: 'debug' | 'info' | 'warn' | 'error';
  readonly LOG_PSEUDONYM_KEY?: string | undefined;
  readonly REVISION: string;
  readonly SHUTDOWN_DEADLINE_MS: number;
}

/** What a service finds around it. It opens what it needs, and says what must hold and how to let go of it. */
export interface Inside {
  log: Log;
  lifecycle: Lifecycle;
  readiness: Readiness;
}

/** A service with its settings read, that may be started once. */
export interface Configured {
  readonly settings: ServiceSettings;
  readonly start: (inside: Inside) => Promise<void>;
}

/** Of the time for letting go: left for the end itself. */
const SPARED_MS = 1_000;

type Pages = Readonly<Record<string, () => string>>;

/** One service: a process of its own, or one of several in a process. */
export interface Service {
  readonly name: string;
  /** Reads its environment, that of the process where none is given. @throws Error naming all that is wrong */
  readonly configure: (env?: Readonly<Record<string, string | undefined>>) => Configured;
  /** More pages of the internal port. */
  readonly pages?: () => Pages;
}

const logOf = (service: string, settings: ServiceSettings): Log =>
  createLogger({
    service,
    replica: settings.REPLICA,
    level: settings.LOG_LEVEL,
    pseudonymKey: settings.LOG_PSEUDONYM_KEY,
  });

/** Runs a service as a process of its own until it is told to end. */
export async function runAlone({ name, configure, pages }: Service): Promise<void> {
  const { settings, start } = configure();
  const log = logOf(name, settings);
  await runProcess(name, settings, log, pages?.(), (lifecycle, readiness) => start({ log, lifecycle, readiness }));
}

/**
 * Runs several services in one process, behind one internal port, each with its own settings. They start in this order and
 * go in reverse; while one of them misses something or leaves, the process is not ready.
 */
export async function runTogether(
  name: string,
  settings: ServiceSettings,
  services: readonly { service: Service; configured: Configured }[],
): Promise<void> {
  const pages = Object.assign({}, ...services.map(({ service }) => service.pages?.())) as Pages;
  await runProcess(name, settings, logOf(name, settings), pages, async (lifecycle, readiness) => {
    const parts = services.map(({ service, configured }) => ({
      start: configured.start,
      inside: { log: logOf(service.name, configured.settings), lifecycle, readiness: readiness.of(service.name) },
    }));
    for (const { start, inside } of parts) await start(inside);
  });
}

async function runProcess(
  name: string,
  settings: ServiceSettings,
  log: Log,
  pages: Pages | undefined,
  start: (lifecycle: Lifecycle, readiness: Readiness) => Promise<void>,
): Promise<void> {
  startProcessMetrics(settings.VERSION, settings.REVISION);
  const readiness = new Readiness();
  await runService(log, settings.SHUTDOWN_DEADLINE_MS, async (lifecycle) => {
    const internal = await startInternalServer({
      ...{ host: settings.HOST, port: settings.INTERNAL_PORT, readiness, log },
      ...(pages && { pages }),
    });
    lifecycle.add('internal', async () => {
      await lastLook.over(settings.SHUTDOWN_DEADLINE_MS - lifecycle.closingForMs - SPARED_MS);
      await internal.close();
    });
    await startTracing(name, settings, log, lifecycle);
    await start(lifecycle, readiness);
    letHeapGrow();
    collectStartupGarbage();
  });
}
