import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Gauge, Histogram, Registry } from 'prom-client';
import type { Probed } from './prober.js';

const SECONDS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60];
const VANTAGE = { vantage: 'outside' };

/** What the watchdog has seen, as Prometheus reads it. The names are those of alerting, which sees the same from inside. */
export class ProbeMetrics {
  private readonly registry = new Registry();
  private readonly success = new Gauge({
    name: 'relais_alarm_probe_success',
    help: 'Whether the last test alarm came through',
    labelNames: ['vantage'],
    registers: [this.registry],
  });
  private readonly seconds = new Histogram({
    name: 'relais_alarm_probe_duration_seconds',
    help: 'From raising a test alarm until it arrived',
    labelNames: ['vantage'],
    buckets: SECONDS,
    registers: [this.registry],
  });

  ended(probed: Probed): void {
    this.success.set(VANTAGE, probed.isThrough ? 1 : 0);
    if (probed.isThrough) this.seconds.observe(VANTAGE, probed.seconds);
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}

/** Serves /metrics, and /livez for as long as `isAlive` says so. @returns where, and how to stop */
export async function serveProbe(
  { host, port }: { host: string; port: number },
  metrics: ProbeMetrics,
  isAlive: () => boolean,
): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    const say = (status: number, body: string) =>
      void response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body);
    if (request.url === '/livez') return isAlive() ? say(200, 'ok\n') : say(503, 'no test for too long\n');
    if (request.url !== '/metrics') return say(404, 'not found\n');
    metrics.text().then(
      (text) => say(200, text),
      () => say(500, 'failed\n'),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const { port: chosen } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://${host}:${chosen}`, close };
}
