import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Bus, type BusConnection, connectNats, TrustFeed } from '@relais/bus';
import { createRedis, FallbackBuckets, RedisBuckets, type TokenBuckets } from '@relais/redis';
import { type Lifecycle, type Log, Readiness, startInternalServer } from '@relais/observability';
import { TrustStore } from '@relais/security';
import { AppModule, type Surroundings } from './app.module.js';
import type { Config } from './config.js';
import { apiDescription } from './http/api-description.js';
import { createHttpAdapter } from './http/http-adapter.js';
import type { LimitName } from './limits.js';
import { declareSeries } from './metrics.js';
import { limitsUnder } from './rate-limits.js';
import { Realtime } from './realtime/realtime.js';

export interface Gateway {
  readonly port: number;
  readonly internalPort: number;
}

/**
 * Starts the service and registers how it goes: unready first, then no new sockets, then the open ones are sent
 * elsewhere, then what is in flight over HTTP is answered, then the bus is left.
 */
export async function startGateway(config: Config, log: Log, lifecycle: Lifecycle): Promise<Gateway> {
  declareSeries();
  const readiness = new Readiness();
  let isListening = false;
  readiness.add({ name: 'http', check: () => assertThat(isListening, 'not listening yet') });
  const connection = await connectNats({
    url: config.NATS_URL,
    service: 'gateway',
    replica: config.REPLICA,
    nkeySeed: config.NATS_NKEY_SEED,
    caFile: config.NATS_CA_FILE,
    log,
  });
  lifecycle.add('nats', () => connection.close());
  const internal = await startInternalServer({
    ...{ host: config.HOST, port: config.INTERNAL_PORT, readiness, log },
    pages: apiDescription(),
  });
  lifecycle.add('internal server', () => internal.close());

  const app = await createApp({ config, connection, log, buckets: openBuckets(config, log, lifecycle) });
  lifecycle.add('http', () => app.close());
  const trust = app.get(TrustStore);
  const feed = new TrustFeed(app.get(Bus), connection, trust, log);
  await feed.start();
  lifecycle.add('trust', () => feed.stop());
  const realtime = app.get(Realtime);
  realtime.attach(app.getHttpServer());
  lifecycle.add('realtime', () => realtime.close());

  readiness.add({ name: 'nats', check: () => assertUp(connection) });
  readiness.add({ name: 'keys', check: () => assertThat(trust.hasKeys(), 'auth has not told its keys yet') });
  await app.listen(config.PORT, config.HOST);
  isListening = true;
  lifecycle.add('readiness', async () => {
    readiness.leave();
    await pause(config.DRAIN_DELAY_MS);
    realtime.refuse();
  });
  const { port } = app.getHttpServer().address() as AddressInfo;
  log.info({ event: 'gateway.listening', port });
  return { port, internalPort: internal.port };
}

async function createApp(surroundings: Surroundings): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(surroundings), createHttpAdapter(), {
    bodyParser: false,
    logger: ['error', 'fatal'],
    abortOnError: false,
  });
  const { ALLOWED_ORIGINS: origin } = surroundings.config;
  if (origin.length > 0) app.enableCors({ origin, allowedHeaders: ['authorization', 'content-type'], maxAge: 600 });
  await app.init();
  return app;
}

/** The limits of all replicas together while Redis is there, else this replica's share of them. */
function openBuckets(config: Config, log: Log, lifecycle: Lifecycle): TokenBuckets<LimitName> {
  const limits = limitsUnder(config.RATE_LIMIT_FACTOR);
  const options = { limits, expectedReplicas: config.EXPECTED_REPLICAS, log };
  if (!config.REDIS_URL) return new FallbackBuckets({ ...options, shared: undefined });
  const redis = createRedis({ url: config.REDIS_URL, log, connectionName: `gateway/${config.REPLICA}` });
  lifecycle.add('redis', () => redis.close());
  return new FallbackBuckets({ ...options, shared: new RedisBuckets(redis.client, limits) });
}

/** A ping through the server and back: a connection that is up but dead does not pass. */
async function assertUp({ nats, isUp }: BusConnection): Promise<void> {
  if (!isUp()) throw new Error('not connected');
  await nats.flush();
}

function assertThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
