import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BusServer } from '@relais/bus';
import { adoptRows, type migrate } from '@relais/database';
import type { Inside, Lifecycle, ReadinessCheck, Service } from '@relais/observability';
import { TrustStore } from '@relais/security';
import type { DataServiceConfig } from './env.js';
import { open, type Opened } from './open.js';

/** Something that works in the background for as long as the service runs. */
export interface Part {
  start(): Promise<unknown> | void;
  stop(): Promise<void> | void;
  /** Told after each reconnect to the bus: what was sent meanwhile is lost and has to be looked for. */
  suspect?(): void;
}

interface DataService<Config extends DataServiceConfig> {
  name: string;
  config(env?: Readonly<Record<string, string | undefined>>): Config;
  migrations: Parameters<typeof migrate>[1];
  module(opened: Opened<Config>): DynamicModule;
  /** Started in this order, stopped in reverse, after requests have come to their end. */
  parts(app: INestApplicationContext, opened: Opened<Config>): Record<string, Part>;
  /** What must hold beside its databases, its keys, its subscriptions and its trust in tokens. */
  readiness?(app: INestApplicationContext): ReadinessCheck[];
}

/**
 * A service with a database. Everything is opened top to bottom and let go of bottom to top: it says that it is leaving,
 * requests come to their end, parts stop, connections close last.
 */
export const dataService = <Config extends DataServiceConfig>(service: DataService<Config>): Service => ({
  name: service.name,
  configure: (env) => {
    const config = service.config(env);
    return { settings: config, start: (inside) => start(service, config, inside) };
  },
});

async function start<Config extends DataServiceConfig>(
  service: DataService<Config>,
  config: Config,
  { log, lifecycle, readiness }: Inside,
): Promise<void> {
  const { name, migrations } = service;
  let isStarted = false;
  readiness.add({ name: 'start', check: () => assertThat(isStarted, 'not at its end yet') });
  const opened = await open({ service: name, config, migrations, log, lifecycle, readiness });
  const adopted = await adoptRows(opened.db);
  if (adopted > 0) log.warn({ event: 'database.restored_from_dump', count: adopted });

  const app = await NestFactory.createApplicationContext(service.module(opened), {
    logger: false,
    abortOnError: false,
  });
  lifecycle.add('application', () => app.close());
  await startParts(service.parts(app, opened), opened, lifecycle);
  const [server, trust] = [app.get(BusServer), app.get(TrustStore)];
  lifecycle.add('requests', () => server.drain());
  lifecycle.add('readiness', () => readiness.leave());
  readiness.add(server.readiness);
  readiness.add({ name: 'trust', check: () => assertThat(trust.hasKeys(), 'no signing keys from auth yet') });
  for (const check of service.readiness?.(app) ?? []) readiness.add(check);
  isStarted = true;
}

async function startParts(parts: Record<string, Part>, { connection }: Opened, lifecycle: Lifecycle): Promise<void> {
  connection.onReconnect(() => {
    for (const part of Object.values(parts)) part.suspect?.();
  });
  for (const [name, part] of Object.entries(parts)) {
    lifecycle.add(name, () => part.stop());
    await part.start();
  }
}

function assertThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
