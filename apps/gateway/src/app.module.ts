import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Bus, type BusConnection, NatsBus } from '@relais/bus';
import type { Log, ReferenceClock } from '@relais/observability';
import type { FallbackUsedIds, TokenBuckets } from '@relais/redis';
import { DpopVerifier, JwtTokenVerifier, TokenVerifier, TrustStore } from '@relais/security';
import { DrillReportController } from './alarm-report/drill-report.controller.js';
import { ReportController } from './alarm-report/report.controller.js';
import type { Config } from './config.js';
import { DeliveryReportsController } from './deliveries/delivery-reports.controller.js';
import { ClientAddress } from './http/client-address.js';
import { ForwardingController } from './http/forwarding.controller.js';
import { ProblemFilter } from './http/problem.filter.js';
import { PublicAddress } from './http/public-address.js';
import type { LimitName } from './limits.js';
import { IncomingController } from './incoming/incoming.controller.js';
import { noncesOf } from './nonces.js';
import { Possession } from './possession.js';
import { PostureController } from './posture/posture.controller.js';
import { RateLimits } from './rate-limits.js';
import { ScimController } from './scim/scim.controller.js';
import { Realtime } from './realtime/realtime.js';

/** What is opened before the service is put together. */
export interface Surroundings {
  config: Config;
  connection: BusConnection;
  log: Log;
  /** The time as auth has told it. */
  clock: ReferenceClock;
  /** Rate limit buckets that all replicas share. */
  buckets: TokenBuckets<LimitName>;
  /** Ids of proofs that were used. */
  usedProofs: FallbackUsedIds;
}

/** The composition root: every binding of the service. */
@Module({})
export class AppModule {
  static with({ config, connection, log, clock, buckets, usedProofs }: Surroundings): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        ForwardingController,
        ReportController,
        DrillReportController,
        PostureController,
        ScimController,
        IncomingController,
        DeliveryReportsController,
      ],
      providers: [
        { provide: Bus, useFactory: () => new NatsBus(connection) },
        { provide: TrustStore, useFactory: () => new TrustStore(clock) },
        {
          provide: TokenVerifier,
          useFactory: (trust: TrustStore) => new JwtTokenVerifier(trust, { clock }),
          inject: [TrustStore],
        },
        {
          provide: Possession,
          useFactory: () =>
            new Possession(
              new DpopVerifier(noncesOf(config, clock), clock),
              usedProofs,
              new PublicAddress(config.PUBLIC_URL),
            ),
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
            possession: Possession,
          ) => new Realtime({ config, connection, log, clock, bus, verifier, trust, limits, addresses, possession }),
          inject: [Bus, TokenVerifier, TrustStore, RateLimits, ClientAddress, Possession],
        },
      ],
    };
  }
}
