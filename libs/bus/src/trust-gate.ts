import { setTimeout as pause } from 'node:timers/promises';
import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { BusConnection } from './connect.js';
import type { TrustFeed } from './trust-feed.js';
import type { TrustStore } from '@relais/security';

const POLL_MS = 100;

/**
 * Keeps the application from taking requests before auth has given its keys: until then every good token would be refused
 * as a forged one. Runs before BusServer subscribes; ends with an error when the connection is closed meanwhile.
 */
export class TrustGate implements OnModuleInit, OnModuleDestroy {
  constructor(
    private readonly feed: TrustFeed,
    private readonly trust: TrustStore,
    private readonly connection: BusConnection,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.feed.start();
    while (!this.trust.hasKeys()) {
      if (this.connection.nats.isClosed()) return this.giveUp();
      await pause(POLL_MS);
    }
  }

  /** The hooks of an application that did not start are not called. */
  private giveUp(): never {
    this.feed.stop();
    throw new Error('stopped before auth gave its keys');
  }

  onModuleDestroy(): void {
    this.feed.stop();
  }
}
