import { type DynamicModule, Module } from '@nestjs/common';
import { type BusConnection, EventStream } from '@relais/bus';
import { Clock, newId, SystemClock } from '@relais/kernel';
import type { Log } from '@relais/observability';
import type { Config } from './config.js';
import type { KubernetesApi } from './kubernetes/kubernetes-api.js';
import { Elector } from './leader/elector.js';
import { LeaseStore } from './leader/lease-store.js';
import { KubernetesLeaseStore } from './leader/lease-store.kubernetes.js';
import { Monotonic, SystemMonotonic } from './leader/monotonic.js';
import { SurgeKeeper } from './surge/surge-keeper.js';

/** What was opened before. */
export interface Opened {
  config: Config;
  connection: BusConnection;
  api: KubernetesApi;
  log: Log;
}

@Module({})
export class OperatorModule {
  static with({ config, connection, api, log }: Opened): DynamicModule {
    const events = new EventStream(connection, log, {
      replicas: config.EVENTS_REPLICAS,
      retentionHours: config.OUTBOX_RETENTION_HOURS,
    });
    const surge = {
      api,
      events,
      namespace: config.NAMESPACE,
      own: config.SURGE_POLICY,
      reconcileMs: config.RECONCILE_MS,
    };
    return {
      module: OperatorModule,
      providers: [
        { provide: Clock, useClass: SystemClock },
        { provide: Monotonic, useClass: SystemMonotonic },
        { provide: LeaseStore, useValue: new KubernetesLeaseStore(api, config.NAMESPACE, config.LEASE_NAME) },
        { provide: SurgeKeeper, useValue: new SurgeKeeper({ ...surge, log }) },
        {
          provide: Elector,
          useFactory: (store: LeaseStore, keeper: SurgeKeeper, time: Monotonic, clock: Clock) =>
            new Elector(store, (term) => keeper.lead(term), {
              identity: `${config.REPLICA}_${newId()}`,
              leaseMs: config.LEASE_DURATION_MS,
              renewMs: config.LEASE_RENEW_MS,
              retryMs: config.LEASE_RETRY_MS,
              ...{ time, clock, log },
            }),
          inject: [LeaseStore, SurgeKeeper, Monotonic, Clock],
        },
      ],
    };
  }
}
