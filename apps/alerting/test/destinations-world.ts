import { BlindIndex, Envelope, FileKeyProvider, MemoryKeyStore } from '@relais/crypto';
import { Database, rows } from '@relais/database';
import { AppError, type DeviceId, newId, type OrganizationId, SystemClock, type UserId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { TestKekFile } from '@relais/testing';
import { Access } from '@relais/service';
import { Audiences } from '../src/audience.js';
import { CodeSender, type CodeMessage } from '../src/destinations/code-sender.js';
import { ContactCodesHandler } from '../src/destinations/contact-codes.js';
import { ContactPointsHandler } from '../src/destinations/contact-points.js';
import { DeparturesHandler } from '../src/destinations/departures.js';
import { PostgresDestinations } from '../src/destinations/destinations.postgres.js';
import { NamedUrls } from '../src/destinations/named-urls.js';
import { PushRegistrationsHandler, VapidPublicKey } from '../src/destinations/push-registrations.js';
import { Sealing } from '../src/sealing.js';
import { type AlertingDatabase, alertingDatabase } from './alerting-database.js';
import { TestBus } from './test-bus.js';

/** Keeps the codes that are sent, and fails when it is told to. */
export class RecordingCodeSender extends CodeSender {
  readonly sent: CodeMessage[] = [];
  outcome: Awaited<ReturnType<CodeSender['send']>> = 'sent';

  override send(message: CodeMessage): ReturnType<CodeSender['send']> {
    this.sent.push(message);
    return Promise.resolve(this.outcome);
  }
}

/**
 * What came of it in the end: its code, or `ok`. On a busy machine some of many at once wait for their turn longer than a
 * transaction may, and are told to come again.
 */
export async function finalCodeOf(ask: () => Promise<unknown>): Promise<string> {
  try {
    await ask();
    return 'ok';
  } catch (error) {
    const { retryable, code } = AppError.from(error);
    return retryable ? finalCodeOf(ask) : code;
  }
}

/** Everything about where people can be reached, on a real PostgreSQL. */
export class DestinationsWorld {
  readonly organizationId = newId<OrganizationId>();
  readonly otherId = newId<OrganizationId>();
  readonly bus = new TestBus();
  readonly codeSender = new RecordingCodeSender();
  readonly db: Database;
  readonly sealing: Sealing;
  readonly destinations: PostgresDestinations;
  readonly pushes: PushRegistrationsHandler;
  readonly contacts: ContactPointsHandler;
  readonly codes: ContactCodesHandler;
  readonly departures: DeparturesHandler;

  private constructor(
    private readonly database: AlertingDatabase,
    private readonly kek: TestKekFile,
    private readonly provider: FileKeyProvider,
  ) {
    this.db = new Database(database.db);
    const envelope = new Envelope({ provider, store: new MemoryKeyStore(), clock: new SystemClock() });
    this.sealing = new Sealing(envelope, new BlindIndex(provider));
    const urls = new NamedUrls([]);
    this.destinations = new PostgresDestinations(this.db, this.sealing);
    this.pushes = new PushRegistrationsHandler(this.db, this.sealing, urls, new VapidPublicKey('BPublicKey'));
    const audiences = new Audiences(this.bus);
    this.contacts = new ContactPointsHandler(this.db, new Access(this.bus), audiences, this.sealing, urls);
    this.codes = new ContactCodesHandler(this.db, this.sealing, this.codeSender);
    this.departures = new DeparturesHandler(this.db);
  }

  static async open(): Promise<DestinationsWorld> {
    const [database, kek] = [await alertingDatabase(), await TestKekFile.create()];
    return new DestinationsWorld(database, kek, await FileKeyProvider.open(kek.path, silentLog));
  }

  async close(): Promise<void> {
    this.provider.close();
    await Promise.all([this.database.close(), this.kek.remove()]);
  }

  person(): UserId {
    const id = newId<UserId>();
    this.bus.people.push(id);
    return id;
  }

  /** A device of a person, who asks. */
  device(userId: UserId, organizationId = this.organizationId, deviceId = newId<DeviceId>()) {
    const principal = {
      ...{ userId, organizationId, deviceId, sessionId: newId<never>(), roles: ['member' as const], amr: [] },
      ...{ authenticatedAtMs: 0, isLimited: false, keyThumbprint: '', epoch: 0, expiresAtMs: Infinity, token: '' },
    };
    return { principal, isAbandoned: () => false };
  }

  ask<Row>(sql: string, organizationId = this.organizationId): Promise<Row[]> {
    return this.db.within(organizationId, (tx) => rows<Row>(tx, sql));
  }
}
