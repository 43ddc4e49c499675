import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner, NestFactory } from '@nestjs/core';
import { type DeployedNats, deployedNats } from '@relais/devstack';
import { AppError, newId } from '@relais/kernel';
import { type Log, silentLog } from '@relais/observability';
import { type Principal, TokenVerifier } from '@relais/security';
import { type BusConnection, BusServer, connectNats } from '../src/index.js';

export const alice: Principal = {
  userId: newId(),
  organizationId: newId(),
  deviceId: newId(),
  sessionId: newId(),
  roles: ['member'],
  amr: ['pwd'],
  authenticatedAtMs: 0,
  isLimited: false,
  keyThumbprint: 'key-of-alice',
  epoch: 1,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
  token: 'token-of-alice',
};

/** Knows one token. */
export class OneTokenVerifier extends TokenVerifier {
  verify(token: string): Principal {
    if (token !== alice.token) throw new AppError('unauthenticated', 'token_invalid');
    return alice;
  }
}

/** A NATS server with connections and services on it, all let go of at the end. */
export class World {
  private readonly closers: Array<() => Promise<unknown>> = [];

  private constructor(readonly nats: DeployedNats) {}

  static async open(): Promise<World> {
    return new World(await deployedNats('bus'));
  }

  async connect(
    service = 'test',
    { url = this.nats.url, seed = this.nats.seedOf('admin'), replica = `r${this.closers.length}` } = {},
    log: Log = silentLog,
  ): Promise<BusConnection> {
    const connection = await connectNats({ url, service, replica, nkeySeed: seed, log });
    this.closers.push(() => connection.close());
    return connection;
  }

  /** Serves the contracts of a controller, as a service does. */
  async serve(connection: BusConnection, controller: Type, log: Log = silentLog): Promise<BusServer> {
    class ServiceModule {}
    const server = {
      provide: BusServer,
      useFactory: (discovery: DiscoveryService, scanner: MetadataScanner) =>
        new BusServer(connection, new OneTokenVerifier(), log, discovery, scanner),
      inject: [DiscoveryService, MetadataScanner],
    };
    const app = await NestFactory.createApplicationContext(
      { module: ServiceModule, imports: [DiscoveryModule], controllers: [controller], providers: [server] },
      { logger: false },
    );
    this.closers.push(() => app.close());
    await connection.nats.flush();
    return app.get(BusServer);
  }

  onClose(close: () => Promise<unknown>): void {
    this.closers.push(close);
  }

  /** Lets go of what was opened since the last time; the server stays. */
  async release(): Promise<void> {
    for (const close of this.closers.splice(0).toReversed()) await close();
  }

  async close(): Promise<void> {
    await this.release();
    await this.nats.close();
  }
}

/** Waits until it is so; fails after ten seconds. */
export async function eventually(isSo: () => Promise<boolean> | boolean, deadlineMs = 10_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not so within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
