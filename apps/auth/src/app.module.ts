import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { Bus, BusServer, NatsBus } from '@relais/bus';
import { BlindIndex, Envelope } from '@relais/crypto';
import { OutboxRelay } from '@relais/database';
import { Clock, SystemClock } from '@relais/kernel';
import { JwtTokenVerifier, TokenVerifier, TrustStore } from '@relais/security';
import { type Opened as ServiceOpened, outboxOf } from '@relais/service';
import { addresses } from './addresses/addresses.providers.js';
import { Admission } from './admission/admission.js';
import { appPolicy } from './app-policy/app-policy.providers.js';
import { breakGlass } from './break-glass/break-glass.providers.js';
import { botsControllers, botsProviders } from './bots/bots.providers.js';
import { listed, type Config } from './config.js';
import { Database } from './database/database.js';
import { contactPolicy } from './contact-policy/contact-policy.providers.js';
import { DevicesController } from './devices/devices.controller.js';
import { ListDevicesHandler } from './devices/list-devices.js';
import { RemoveDeviceHandler } from './devices/remove-device.js';
import { enrolmentsProviders } from './enrolments/enrolments.providers.js';
import { EventLog } from './event-log.js';
import { Refusals } from './facts/refusals.js';
import { devices } from './devices/devices.providers.js';
import { directory } from './directory/directory.providers.js';
import { DirectoryRuns } from './directory/directory-runs.js';
import { DirectorySchedule } from './directory/directory-schedule.js';
import { factors } from './factors/factors.providers.js';
import { Housekeeping } from './housekeeping.postgres.js';
import { identityProviders } from './identity-providers/identity-providers.providers.js';
import { AcceptInvitationHandler } from './invitations/accept-invitation.js';
import { CreateInvitationHandler } from './invitations/create-invitation.js';
import { InvitationsController } from './invitations/invitations.controller.js';
import { ListInvitationsHandler } from './invitations/list-invitations.js';
import { RevokeInvitationHandler } from './invitations/revoke-invitation.js';
import { tokenVerified } from './metrics.js';
import { BootstrapOrganizationHandler } from './organizations/bootstrap-organization.js';
import { Newcomers } from './organizations/newcomer.js';
import { noticesConsumer, noticesProviders } from './notices/notices.providers.js';
import { OrganizationsController } from './organizations/organizations.controller.js';
import { ChangePasswordHandler } from './passwords/change-password.js';
import { LoginThrottle } from './passwords/login-throttle.postgres.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import { PasswordPolicy } from './passwords/password-policy.js';
import { ChangePoolUsersHandler } from './pools/change-pool-users.js';
import { CreatePoolHandler } from './pools/create-pool.js';
import { ListPoolsHandler } from './pools/list-pools.js';
import { PoolsController } from './pools/pools.controller.js';
import { ReadPoolsOfHandler } from './pools/read-pools-of.js';
import { RenamePoolHandler } from './pools/rename-pool.js';
import { postureProviders } from './posture/posture.providers.js';
import { PersonalData } from './sealing/personal-data.js';
import { registrationPolicy } from './registration-policy/registration-policy.providers.js';
import { remoteLockProviders } from './remote-lock/remote-lock.providers.js';
import { resetsProviders } from './resets/resets.providers.js';
import { peopleQuota } from './people-quota/people-quota.providers.js';
import { peopleImportProviders } from './people-import/people-import.providers.js';
import { scimProviders } from './scim/scim.providers.js';
import { rolesControllers, rolesProviders } from './roles/roles.providers.js';
import { CloseSessionHandler } from './sessions/close-session.js';
import { ListSessionsHandler } from './sessions/list-sessions.js';
import { OpenSessionHandler } from './sessions/open-session.js';
import { RefreshSessionHandler } from './sessions/refresh-session.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { TokenIssuer } from './sessions/token-issuer.js';
import { Settings } from './settings.js';
import { LocalTrust } from './trust/local-trust.js';
import { Revocations } from './trust/revocations.postgres.js';
import { SigningKeys } from './trust/signing-keys.postgres.js';
import { TrustController } from './trust/trust.controller.js';
import { ExpandAudienceHandler } from './users/expand-audience.js';
import { NameIndexing } from './users/name-indexing.js';
import { ListUsersHandler } from './users/list-users.js';
import { ReadMeHandler } from './users/read-me.js';
import { RemoveUserHandler } from './users/remove-user.js';
import { ResolveUsersHandler } from './users/resolve-users.js';
import { UpdateUserHandler } from './users/update-user.js';
import { UsersController } from './users/users.controller.js';

/** What main.ts opened. */
export interface Opened extends Omit<ServiceOpened<Config>, 'clock'> {
  /** The time; tests hold it still. */
  clock?: Clock;
}

@Module({})
export class AuthModule {
  static with(opened: Opened): DynamicModule {
    return {
      module: AuthModule,
      imports: [DiscoveryModule],
      controllers: [
        OrganizationsController,
        InvitationsController,
        SessionsController,
        UsersController,
        DevicesController,
        PoolsController,
        TrustController,
        ...rolesControllers,
        ...botsControllers,
      ],
      providers: [
        ...valuesOf(opened),
        ...trustOf(opened),
        ...backgroundOf(opened),
        ...HANDLERS,
        ...addresses,
        ...appPolicy,
        ...contactPolicy,
        ...registrationPolicy,
        ...peopleQuota,
        ...directory,
        ...identityProviders,
        ...breakGlass,
        ...factors,
        ...devices,
        ...postureProviders,
        ...enrolmentsProviders,
        ...resetsProviders,
        ...remoteLockProviders,
        ...noticesProviders,
        ...rolesProviders,
        ...peopleImportProviders,
        ...scimProviders,
        ...botsProviders,
      ],
    };
  }
}

const HANDLERS: Provider[] = [
  PersonalData,
  Refusals,
  Newcomers,
  LoginThrottle,
  TokenIssuer,
  Admission,
  BootstrapOrganizationHandler,
  CreateInvitationHandler,
  ListInvitationsHandler,
  RevokeInvitationHandler,
  AcceptInvitationHandler,
  OpenSessionHandler,
  RefreshSessionHandler,
  ListSessionsHandler,
  CloseSessionHandler,
  ChangePasswordHandler,
  ReadMeHandler,
  ListUsersHandler,
  ResolveUsersHandler,
  ExpandAudienceHandler,
  UpdateUserHandler,
  RemoveUserHandler,
  ListDevicesHandler,
  RemoveDeviceHandler,
  CreatePoolHandler,
  ListPoolsHandler,
  ReadPoolsOfHandler,
  RenamePoolHandler,
  ChangePoolUsersHandler,
];

function valuesOf({ config, log, connection, db, envelope, provider, clock = new SystemClock() }: Opened): Provider[] {
  const hashing = {
    memoryKib: config.PASSWORD_MEMORY_KIB,
    passes: config.PASSWORD_PASSES,
    parallel: config.PASSWORD_PARALLEL,
    queue: config.PASSWORD_QUEUE,
  };
  const settings = {
    accessTokenSeconds: config.ACCESS_TOKEN_SECONDS,
    bootstrapTokens: listed(config.BOOTSTRAP_TOKEN),
    webauthnRpId: config.WEBAUTHN_RP_ID,
    webauthnOrigins: listed(config.WEBAUTHN_ORIGINS),
  };
  return [
    { provide: Clock, useValue: clock },
    { provide: Database, useValue: new Database(db) },
    { provide: Bus, useValue: new NatsBus(connection) },
    { provide: Envelope, useValue: envelope },
    { provide: BlindIndex, useValue: new BlindIndex(provider) },
    { provide: EventLog, useValue: new EventLog(log) },
    { provide: Settings, useValue: new Settings(settings) },
    { provide: PasswordHasher, useValue: new PasswordHasher(hashing) },
    { provide: PasswordPolicy, useValue: PasswordPolicy.fromFile(config.PASSWORD_BLOCKLIST_FILE) },
  ];
}

function trustOf({ config, log, connection, db, provider, clock = new SystemClock() }: Opened): Provider[] {
  const trust = new TrustStore(clock);
  const verifier = new JwtTokenVerifier(trust, { clock, observe: tokenVerified });
  const periodMs = config.SIGNING_KEY_PERIOD_HOURS * 3_600_000;
  return [
    { provide: TrustStore, useValue: trust },
    { provide: TokenVerifier, useValue: verifier },
    { provide: SigningKeys, useValue: new SigningKeys(new Database(db), provider, clock, periodMs) },
    Revocations,
    {
      provide: LocalTrust,
      useFactory: (keys: SigningKeys, revocations: Revocations, bus: Bus) =>
        new LocalTrust(keys, revocations, bus, trust, { pollMs: config.TRUST_POLL_INTERVAL_MS, log }),
      inject: [SigningKeys, Revocations, Bus],
    },
    {
      provide: BusServer,
      useFactory: (discovery: DiscoveryService, scanner: MetadataScanner, refusals: Refusals) =>
        new BusServer(connection, verifier, log, discovery, scanner, (contract, principal, error) =>
          refusals.notePermission(contract, principal, error),
        ),
      inject: [DiscoveryService, MetadataScanner, Refusals],
    },
  ];
}

function backgroundOf({ config, log, connection, db, rotation, clock = new SystemClock() }: Opened): Provider[] {
  const { events, relay } = outboxOf({ config, log, connection, db });
  return [
    { provide: OutboxRelay, useValue: relay },
    noticesConsumer(connection, events, log),
    {
      provide: DirectorySchedule,
      useFactory: (runs: DirectoryRuns, events: EventLog) =>
        new DirectorySchedule(new Database(db), runs, clock, { intervalMs: config.DIRECTORY_POLL_INTERVAL_MS, events }),
      inject: [DirectoryRuns, EventLog],
    },
    {
      provide: Housekeeping,
      useFactory: (revocations: Revocations, keys: SigningKeys, personal: PersonalData) =>
        new Housekeeping(
          new Database(db),
          revocations,
          keys,
          rotation,
          new NameIndexing(new Database(db), personal, log),
          clock,
          {
            intervalMs: config.HOUSEKEEPING_INTERVAL_MS,
            log,
          },
        ),
      inject: [Revocations, SigningKeys, PersonalData],
    },
  ];
}
