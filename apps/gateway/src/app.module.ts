import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Bus, type BusConnection, NatsBus } from '@relais/bus';
import type { Log } from '@relais/observability';
import type { TokenBuckets } from '@relais/redis';
import { JwtTokenVerifier, TokenVerifier, TrustStore } from '@relais/security';
import { InvitationsController } from './accounts/invitations.controller.js';
import { PoolsController } from './accounts/pools.controller.js';
import { SessionsController } from './accounts/sessions.controller.js';
import { UsersController } from './accounts/users.controller.js';
import type { Config } from './config.js';
import { ConversationsController } from './conversations/conversations.controller.js';
import { EntriesController } from './conversations/entries.controller.js';
import { MembersController } from './conversations/members.controller.js';
import { ClientAddress } from './http/client-address.js';
import { ProblemFilter } from './http/problem.filter.js';
import type { LimitName } from './limits.js';
import { RateLimits } from './rate-limits.js';
import { Realtime } from './realtime/realtime.js';

/** What is opened before the service is put together. */
export interface Surroundings {
  config: Config;
  connection: BusConnection;
  log: Log;
  /** Rate limit buckets that all replicas share. */
  buckets: TokenBuckets<LimitName>;
}

/** The composition root: every binding of the service. */
@Module({})
export class AppModule {
  static with({ config, connection, log, buckets }: Surroundings): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        SessionsController,
        InvitationsController,
        UsersController,
        PoolsController,
        ConversationsController,
        MembersController,
        EntriesController,
      ],
      providers: [
        { provide: Bus, useFactory: () => new NatsBus(connection) },
        { provide: TrustStore, useFactory: () => new TrustStore() },
        {
          provide: TokenVerifier,
          useFactory: (trust: TrustStore) => new JwtTokenVerifier(trust),
          inject: [TrustStore],
        },
        { provide: RateLimits, useFactory: () => new RateLimits(config.RATE_LIMIT_FACTOR, buckets) },
        { provide: ClientAddress, useFactory: () => new ClientAddress(config.TRUSTED_PROXIES) },
        { provide: APP_FILTER, useFactory: () => new ProblemFilter(log) },
        {
          provide: Realtime,
          useFactory: (
            bus: Bus,
            verifier: TokenVerifier,
            trust: TrustStore,
            limits: RateLimits,
            addresses: ClientAddress,
          ) => new Realtime({ config, connection, log, bus, verifier, trust, limits, addresses }),
          inject: [Bus, TokenVerifier, TrustStore, RateLimits, ClientAddress],
        },
      ],
    };
  }
}
