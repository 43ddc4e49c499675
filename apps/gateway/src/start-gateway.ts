import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Bus, type BusConnection, connectNats, TrustFeed } from '@relais/bus';
import { createRedis, FallbackBuckets, FallbackUsedIds, LocalUsedIds, RedisBuckets, RedisUsedIds } from '@relais/redis';
import { type Inside, type Lifecycle, type Log, ReferenceClock } from '@relais/observability';
import { TrustStore } from '@relais/security';
import { AppModule, type Surroundings } from './app.module.js';
import type { Config } from './config.js';
import { createHttpAdapter } from './http/http-adapter.js';
import { declareSeries } from './metrics.js';
import { limitsUnder } from './rate-limits.js';
import { Realtime } from './realtime/realtime.js';

/** How long what is in flight over HTTP may take once the sockets are gone; with it, a drain is over within its grace period. */
const ANSWER_WITHIN_MS = 2_500;

export interface Gateway {
  readonly port: number;
}

/**
 * Starts the service and registers how it goes: unready first, then no new sockets, then the open ones are sent
 * elsewhere, then what is in flight over HTTP is answered, then the bus is left.
 */
export async function startGateway(config: Config, { log, lifecycle, readiness }: Inside): Promise<Gateway> {
  declareSeries();
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

  const clock = new ReferenceClock();
  const app = await createApp({ config, connection, log, clock, ...openShared(config, log, lifecycle) });
  lifecycle.add('http', () => closeHttp(app));
  const trust = app.get(TrustStore);
  const feed = new TrustFeed(app.get(Bus), connection, trust, log, clock);
  await feed.start();
  lifecycle.add('trust', () => feed.stop());
  const realtime = app.get(Realtime);
  realtime.attach(app.getHttpServer());
  lifecycle.add('realtime', () => realtime.close());

  readiness.add({ name: 'nats', check: () => assertUp(connection) });
  readiness.add(clock.readiness);
  readiness.add({ name: 'keys', check: () => assertThat(trust.hasKeys(), 'auth has not told its keys yet') });
  await app.listen(config.PORT, config.HOST);
  isListening = true;
  realtime.enterFleet(async () => (await readiness.problems()).length === 0);
  lifecycle.add('readiness', async () => {
    readiness.leave();
    realtime.leaveFleet();
    await pause(config.DRAIN_DELAY_MS);
    realtime.refuse();
  });
  const { port } = app.getHttpServer().address() as AddressInfo;
  log.info({ event: 'gateway.listening', port });
  return { port };
}

/** What a page of an allowed origin may read beside what browsers show anyway. */
const EXPOSED = { exposedHeaders: ['dpop-nonce', 'www-authenticate', 'retry-after', 'etag'] };

/** Answers what is in flight. Whoever does not send the rest of a request in time is hung up on, or would hold up the exit. */
async function closeHttp(app: NestFastifyApplication): Promise<void> {
  const patience = setTimeout(() => app.getHttpServer().closeAllConnections(), ANSWER_WITHIN_MS);
  await app.close().finally(() => clearTimeout(patience));
}

async function createApp(surroundings: Surroundings): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(surroundings), createHttpAdapter(), {
    bodyParser: false,
    logger: ['error', 'fatal'],
    abortOnError: false,
  });
  const { ALLOWED_ORIGINS: origin } = surroundings.config;
  if (origin.length > 0)
    app.enableCors({ origin, allowedHeaders: ['authorization', 'content-type', 'dpop'], ...EXPOSED, maxAge: 600 });
  await app.init();
  return app;
}

/** Limits and used proofs of all replicas together while Redis is there, else this replica's share and memory. */
function openShared(config: Config, log: Log, lifecycle: Lifecycle): Pick<Surroundings, 'buckets' | 'usedProofs'> {
  const limits = limitsUnder(config.RATE_LIMIT_FACTOR);
  const options = { limits, expectedReplicas: config.EXPECTED_REPLICAS, log };
  if (!config.REDIS_URL) {
    // The memory of the only replica is that of all.
    const used = config.EXPECTED_REPLICAS === 1 ? new LocalUsedIds() : undefined;
    return {
      buckets: new FallbackBuckets({ ...options, shared: undefined }),
      usedProofs: new FallbackUsedIds({ log, shared: used }),
    };
  }
  const redis = createRedis({ url: config.REDIS_URL, log, connectionName: `gateway/${config.REPLICA}` });
  lifecycle.add('redis', () => redis.close());
  return {
    buckets: new FallbackBuckets({ ...options, shared: new RedisBuckets(redis.client, limits) }),
    usedProofs: new FallbackUsedIds({ log, shared: new RedisUsedIds(redis.client, 'proof') }),
  };
}

/** A ping through the server and back: a connection that is up but dead does not pass. */
async function assertUp({ nats, isUp }: BusConnection): Promise<void> {
  if (!isUp()) throw new Error('not connected');
  await nats.flush();
}

function assertThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
