import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { lastLook } from './last-look.js';
import type { Log } from './logger.js';
import { metrics } from './metrics.js';

/** One thing that must be true to take work. Throws, saying in one line what is wrong. */
export interface ReadinessCheck {
  name: string;
  check(): Promise<void> | void;
}

const CHECK_TIMEOUT_MS = 2_000;
/** Above this the loop is stuck, not busy: restarting helps. A database that is down is not a reason (restart storm). */
const STUCK_LOOP_MS = 10_000;

/** Collects what must hold before this replica takes work, and whether it is leaving. */
export class Readiness {
  private readonly checks: ReadinessCheck[] = [];
  private readonly parts: { name: string; readiness: Readiness }[] = [];
  private leaving = false;

  add(check: ReadinessCheck): void {
    this.checks.push(check);
  }

  /** The readiness of one of several services in this process: what it misses is missing here, after its name. */
  of(name: string): Readiness {
    const readiness = new Readiness();
    this.parts.push({ name, readiness });
    return readiness;
  }

  /** From now on this replica answers "not ready", whatever the checks say. */
  leave(): void {
    this.leaving = true;
  }

  /** What is missing, one line each; empty means ready. */
  async problems(): Promise<string[]> {
    if (this.leaving) return ['draining'];
    if (this.checks.length + this.parts.length === 0) return ['starting'];
    const own = Promise.all(this.checks.map((check) => problemOf(check)));
    const ofParts = this.parts.map(async ({ name, readiness }) =>
      (await readiness.problems()).map((problem) => `${name}: ${problem}`),
    );
    return [...(await own).filter((problem) => problem !== undefined), ...(await Promise.all(ofParts)).flat()];
  }
}

async function problemOf({ name, check }: ReadinessCheck): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([Promise.resolve().then(() => check()), late]);
    return undefined;
  } catch (error) {
    return `${name}: ${error instanceof Error ? error.message : 'failed'}`;
  } finally {
    clearTimeout(timer);
  }
}

export interface InternalServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `/livez`, `/readyz` and `/metrics`, and `pages` such as the API description, on the internal port.
 * Liveness looks at the event loop only; readiness says in plain text what is missing.
 */
export async function startInternalServer(options: {
  host: string;
  port: number;
  readiness: Readiness;
  log: Log;
  pages?: Readonly<Record<string, () => string>>;
}): Promise<InternalServer> {
  const delay = monitorEventLoopDelay({ resolution: 100 });
  delay.enable();
  const server = createServer((request, response) => {
    answer(request, response, options, () => longestLagMs(delay)).catch((error: unknown) => {
      options.log.error({ event: 'internal.failed', error });
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(options.port, options.host, resolve),
  );
  const { port } = server.address() as AddressInfo;
  return { port, close: () => closeServer(server, () => delay.disable()) };
}

/** Since the last look: a replica that was paused once and goes on is well. */
function longestLagMs(delay: ReturnType<typeof monitorEventLoopDelay>): number {
  const lagMs = delay.max / 1e6;
  delay.reset();
  return lagMs;
}

type Options = Parameters<typeof startInternalServer>[0];

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: Options,
  lagMs: () => number,
): Promise<void> {
  const text = (status: number, body: string, type = 'text/plain; charset=utf-8') =>
    void response.writeHead(status, { 'content-type': type }).end(body);
  const path = request.url?.split('?')[0] ?? '/';
  if (path === '/livez') return lagMs() < STUCK_LOOP_MS ? text(200, 'ok\n') : text(503, 'event loop is stuck\n');
  if (path === '/metrics') {
    response.once('finish', lastLook.begins());
    return text(200, await metrics.metrics(), metrics.contentType);
  }
  if (path === '/readyz') {
    const problems = await options.readiness.problems();
    return problems.length === 0 ? text(200, 'ok\n') : text(503, `${problems.join('\n')}\n`);
  }
  const page = options.pages?.[path];
  return page ? text(200, page(), 'application/json') : text(404, 'not found\n');
}

const closeServer = (server: Server, stop: () => void): Promise<void> =>
  new Promise((resolve) => {
    stop();
    server.close(() => resolve());
    server.closeAllConnections();
  });
