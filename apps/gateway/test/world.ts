import { NestFactory } from '@nestjs/core';
import { connectNats, NatsBus } from '@relais/bus';
import { loadConfig } from '@relais/config';
import { revoked, type Revocation } from '@relais/contracts';
import { Lifecycle, type Log, Readiness, silentLog, startInternalServer } from '@relais/observability';
import { TcpProxy, privateNats } from '@relais/testing';
import { env } from '../src/config.js';
import { apiDescription } from '../src/http/api-description.js';
import { startGateway } from '../src/start-gateway.js';
import { AnsweringServices, Logs, Trusted } from './answering-services.js';
import { Client } from './client.js';
import { Issuer, type Someone } from './issuer.js';

/** A gateway as deployed, a real NATS between it and those it asks, and clients. */
export async function startWorld(variables: Record<string, string> = {}, log: Log = silentLog, issuer = new Issuer()) {
  const nats = await privateNats(variables['NATS_NKEY_SEED']);
  const proxy = await TcpProxy.open(nats.url);
  const connection = await connectNats({
    url: nats.url,
    nkeySeed: nats.seed,
    service: 'answering',
    replica: 'answering-test',
    log: silentLog,
  });
  const logs = new Logs(connection);
  const trusted = new Trusted(issuer);
  const services = await NestFactory.createApplicationContext(AnsweringServices.with(connection, logs, trusted), {
    logger: false,
  });
  const lifecycle = new Lifecycle(silentLog);
  const config = loadConfig(env, {
    ...{ NATS_URL: proxy.url, PORT: '0', INTERNAL_PORT: '0', HOST: '127.0.0.1', REPLICA: 'gateway-test' },
    EXPECTED_REPLICAS: '1',
    ...{ DRAIN_DELAY_MS: '0', DRAIN_MS: '200', HEARTBEAT_MS: '1000', DIGEST_MS: '60000' },
    ...(nats.seed ? { NATS_NKEY_SEED: nats.seed } : {}),
    ...variables,
  });
  const readiness = new Readiness();
  const internal = await startInternalServer({ host: '127.0.0.1', port: 0, readiness, log, pages: apiDescription() });
  lifecycle.add('internal', () => internal.close());
  const gateway = await startGateway(config, { log, lifecycle, readiness });
  const bus = new NatsBus(connection);
  const clients: Client[] = [];
  return {
    ...gateway,
    internalPort: internal.port,
    ...{ logs, trusted, proxy, lifecycle, bus, connection },
    url: `http://127.0.0.1:${gateway.port}`,
    /** What another gateway needs to be one of the same. */
    beside: { NATS_URL: nats.url, ...(nats.seed ? { NATS_NKEY_SEED: nats.seed } : {}) },
    tokenFor: (person: Someone) => trusted.issuer.tokenFor(person),
    async join(person: Someone): Promise<Client> {
      const client = await Client.ready(gateway.port, person, await trusted.issuer.tokenFor(person));
      clients.push(client);
      return client;
    },
    async open(): Promise<Client> {
      const client = await Client.open(gateway.port);
      clients.push(client);
      return client;
    },
    revoke(...revocations: Revocation[]): void {
      trusted.revocations.push(...revocations);
      bus.signal(revoked, { revocations });
    },
    async close(): Promise<void> {
      await Promise.all(clients.map((client) => client.close()));
      await lifecycle.close();
      await services.close();
      await connection.close();
      await proxy.close();
      await nats.stop();
    },
  };
}
export type World = Awaited<ReturnType<typeof startWorld>>;
