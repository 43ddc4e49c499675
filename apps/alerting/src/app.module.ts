import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { Bus, BusServer, LivePublisher, NatsBus, TrustFeed, TrustGate } from '@relais/bus';
import { BlindIndex } from '@relais/crypto';
import { Database, OutboxRelay } from '@relais/database';
import { JwtTokenVerifier, TokenVerifier, TrustStore } from '@relais/security';
import { Access, type Opened as ServiceOpened, outboxOf } from '@relais/service';
import { AlarmSettingsHandler } from './alarm-settings.js';
import { Announcer } from './alarms/announcer.js';
import { AnswerAlarmHandler } from './alarms/answer-alarm.js';
import { ApproveAlarmHandler } from './alarms/approve-alarm.js';
import { AskApproval } from './alarms/ask-approval.js';
import { ChangeAlarmHandler } from './alarms/change-alarm.js';
import { MarkAlarmHandler } from './alarms/mark-alarm.js';
import { MarkCollector } from './alarms/mark-collector.js';
import { RaiseAlarmHandler } from './alarms/raise-alarm.js';
import { ReadAlarmsHandler } from './alarms/read-alarms.js';
import { Audiences } from './audience.js';
import { Checklists } from './checklists/checklists.js';
import { UpdateReminder } from './checklists/update-reminder.js';
import type { Config } from './config.js';
import { contactRules } from './contact-rules/contact-rules.providers.js';
import { destinations } from './destinations/destinations.providers.js';
import { drillProviders } from './drills/drill.providers.js';
import { Engine } from './engine/engine.js';
import { Escalation } from './engine/escalation.js';
import { workOf } from './engine/work.js';
import { measurementProviders } from './measurements/measurement.providers.js';
import { Dispatcher } from './notifications/dispatcher.js';
import { SocketPath } from './notifications/socket-path.js';
import { EscalationPoliciesHandler } from './policies/escalation-policies.js';
import { FindingsWatch } from './policies/findings-watch.js';
import { PolicyLint } from './policies/policy-lint.js';
import { QUALIFICATIONS } from './qualifications/qualifications.providers.js';
import { outageProviders } from './outage/outage.providers.js';
import { AlarmRoom } from './rooms/alarm-room.js';
import { rosterProviders } from './rosters/rosters.providers.js';
import { probeProviders } from './probe/probe.providers.js';
import { Sealing } from './sealing.js';
import { AlarmTemplatesHandler } from './templates/alarm-templates.js';
import { watchProviders } from './watch/watch.providers.js';
import { sourcesProviders } from './sources/sources.providers.js';
import { OUTSIDE_PATHS, type OutsidePaths, senders } from './senders/senders.providers.js';

/** What main.ts opened. */
export type Opened = Omit<ServiceOpened<Config>, 'rotation'>;

@Module({})
export class AlertingModule {
  static with(opened: Opened): DynamicModule {
    return {
      module: AlertingModule,
      imports: [DiscoveryModule],
      providers: [
        ...valuesOf(opened),
        ...trustOf(opened),
        ...engineOf(opened),
        ...rosterProviders,
        ...QUALIFICATIONS,
        ...watchProviders(opened.connection.replica, opened.config.WATCH_ALLOWED_HOSTS),
        ...HANDLERS,
      ],
    };
  }
}

const HANDLERS: Provider[] = [
  Escalation,
  Access,
  Audiences,
  AlarmSettingsHandler,
  PolicyLint,
  FindingsWatch,
  EscalationPoliciesHandler,
  RaiseAlarmHandler,
  ApproveAlarmHandler,
  AskApproval,
  AnswerAlarmHandler,
  ChangeAlarmHandler,
  MarkAlarmHandler,
  ReadAlarmsHandler,
  Checklists,
  UpdateReminder,
  AlarmRoom,
  AlarmTemplatesHandler,
  ...measurementProviders,
  ...sourcesProviders,
  ...contactRules,
  ...probeProviders,
  ...drillProviders,
];

function valuesOf({ config, log, connection, db, envelope, provider }: Opened): Provider[] {
  const { events, relay } = outboxOf({ config, log, connection, db });
  const database = new Database(db);
  return [
    { provide: Database, useValue: database },
    { provide: Bus, useValue: new NatsBus(connection) },
    { provide: OutboxRelay, useValue: relay },
    ...outageProviders(events, log),
    { provide: Sealing, useValue: new Sealing(envelope, new BlindIndex(provider)) },
    { provide: MarkCollector, useValue: new MarkCollector(database) },
    ...destinations(config, events, log),
    ...senders({ config, connection, events, log }),
  ];
}

function trustOf({ log, connection, clock }: Opened): Provider[] {
  const trust = new TrustStore(clock);
  const verifier = new JwtTokenVerifier(trust, { clock });
  return [
    { provide: TrustStore, useValue: trust },
    { provide: TokenVerifier, useValue: verifier },
    {
      provide: TrustGate,
      useFactory: (bus: Bus) => new TrustGate(new TrustFeed(bus, connection, trust, log), trust, connection),
      inject: [Bus],
    },
    {
      provide: BusServer,
      useFactory: (discovery: DiscoveryService, scanner: MetadataScanner) =>
        new BusServer(connection, verifier, log, discovery, scanner),
      inject: [DiscoveryService, MetadataScanner],
    },
  ];
}

function engineOf({ config, log, connection }: Opened): Provider[] {
  return [
    {
      provide: SocketPath,
      useFactory: (db: Database, sealing: Sealing) => new SocketPath(db, sealing, new LivePublisher(connection)),
      inject: [Database, Sealing],
    },
    {
      provide: Announcer,
      useFactory: (db: Database, sockets: SocketPath) => new Announcer(db, sockets),
      inject: [Database, SocketPath],
    },
    {
      provide: Dispatcher,
      useFactory: (db: Database, socket: SocketPath, outside: OutsidePaths) =>
        new Dispatcher(db, { socket, ...outside }, log),
      inject: [Database, SocketPath, OUTSIDE_PATHS],
    },
    {
      provide: Engine,
      useFactory: (db: Database, dispatcher: Dispatcher, discovery: DiscoveryService) => {
        const findWork = () => workOf(instancesOf(discovery));
        return new Engine(db, dispatcher, { pollMs: config.ENGINE_POLL_INTERVAL_MS, log, findWork });
      },
      inject: [Database, Dispatcher, DiscoveryService],
    },
  ];
}

const instancesOf = (discovery: DiscoveryService): object[] =>
  discovery.getProviders().flatMap(({ instance }) => (instance instanceof Object ? [instance as object] : []));
