import { BlindIndex, Envelope, FileKeyProvider, MemoryKeyStore } from '@relais/crypto';
import { loadConfig } from '@relais/config';
import { Database, row, rows } from '@relais/database';
import { newId, type OrganizationId, SystemClock, type UserId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import type { Severity } from '@relais/contracts';
import { alarmSettings } from '@relais/contracts';
import { TestKekFile } from '@relais/testing';
import { env } from '../src/config.js';
import { MemoryDestinations } from '../src/destinations/destinations.memory.js';
import { Dispatcher } from '../src/notifications/dispatcher.js';
import { Sealing } from '../src/sealing.js';
import { AlarmMessages } from '../src/senders/alarm-messages.js';
import { DeliveryReportsHandler, ReportReaders } from '../src/senders/delivery-reports.js';
import type { Address, OutsidePath as Way } from '../src/senders/destinations.js';
import { OutsidePath } from '../src/senders/outside-path.js';
import { Senders } from '../src/senders/senders.js';
import { reportUrlOf } from '../src/senders/report-url.js';
import { type Providers, setUp } from '../src/senders/set-up.js';
import { Throttle } from '../src/senders/throttle.js';
import { writeSettings } from '../src/settings-rows.postgres.js';
import { type AlertingDatabase, alertingDatabase } from './alerting-database.js';

export const REPORTS_URL = 'https://relais.example';
const UNUSED = 'postgres://u:p@h/db';

/** What leaves the server, over a real PostgreSQL: the providers are the test's servers, the destinations are in memory. */
export class SendersWorld {
  readonly organizationId = newId<OrganizationId>();
  readonly destinations = new MemoryDestinations();
  readonly db: Database;
  readonly sealing: Sealing;
  readonly reports: DeliveryReportsHandler;
  readonly senders: Senders;
  readonly dispatcher: Dispatcher;

  private constructor(
    private readonly database: AlertingDatabase,
    private readonly kek: TestKekFile,
    private readonly keys: FileKeyProvider,
    private readonly providers: Providers,
    config: ReturnType<typeof loadConfig<typeof env>>,
  ) {
    this.db = new Database(database.db);
    const envelope = new Envelope({ provider: keys, store: new MemoryKeyStore(), clock: new SystemClock() });
    this.sealing = new Sealing(envelope, new BlindIndex(keys));
    this.senders = new Senders(providers, {
      ...{ smsProvider: config.SMS_PROVIDER, voiceProvider: config.VOICE_PROVIDER },
      reportUrl: (provider, of) => reportUrlOf(REPORTS_URL, provider, of),
    });
    this.reports = new DeliveryReportsHandler(this.db, new ReportReaders(providers.phones, REPORTS_URL));
    const paths = Object.fromEntries(
      (['push', 'sms', 'voice', 'email', 'webhook'] as const).map((way) => [way, this.path(way, config)]),
    );
    this.dispatcher = new Dispatcher(this.db, paths, silentLog);
  }

  static async open(environment: Readonly<Record<string, string>>): Promise<SendersWorld> {
    const needed = { NATS_URL: 'nats://n:1', DATABASE_URL: UNUSED, KEYSTORE_URL: UNUSED, KEK_FILE: 'none' };
    const config = loadConfig(env, { ...needed, PROVIDER_TIMEOUT_MS: '500', ...environment });
    const [database, kek] = [await alertingDatabase(), await TestKekFile.create()];
    const keys = await FileKeyProvider.open(kek.path, silentLog);
    return new SendersWorld(database, kek, keys, setUp(config), config);
  }

  async close(): Promise<void> {
    await this.dispatcher.idle();
    await this.providers.close();
    this.keys.close();
    await Promise.all([this.database.close(), this.kek.remove()]);
  }

  person(...addresses: Address[]): UserId {
    const userId = newId<UserId>();
    for (const address of addresses)
      this.destinations.add(this.organizationId, { id: newId(), userId, address, locale: 'en' });
    return userId;
  }

  settings(contentOutside: 'nothing' | 'title' | 'text'): Promise<unknown> {
    return this.db.within(this.organizationId, (tx) =>
      writeSettings(tx, this.organizationId, alarmSettings.parse({ contentOutside })),
    );
  }

  /** An alarm whose notification to this person by this way is waiting. @returns the id of the notification */
  async queue(userId: UserId, path: Way, { severity = 'alarm' as Severity, title = 'Fire' } = {}): Promise<string> {
    const [alarmId, { organizationId }] = [newId(), this];
    const sealed = await this.sealing.seal(organizationId, 'alarm.content', alarmId, {
      title,
      text: 'Hall 3',
      answers: [],
    });
    const rules = JSON.stringify({ needsEveryone: false, ladder: {} });
    const found = await this.db.within(organizationId, async (tx) => {
      await rows(
        tx,
        `INSERT INTO alarm (organization_id, id, severity, state, content_sealed, request_digest, needed, step_count, source)
         VALUES ($1, $2, $3, 'open', $4, '', 1, 1, 'api')`,
        [organizationId, alarmId, severity, sealed],
      );
      await rows(tx, 'INSERT INTO alarm_step (organization_id, alarm_id, step, rules) VALUES ($1, $2, 0, $3)', [
        ...[organizationId, alarmId, rules],
      ]);
      await rows(tx, 'INSERT INTO alarm_recipient (organization_id, alarm_id, user_id) VALUES ($1, $2, $3)', [
        ...[organizationId, alarmId, userId],
      ]);
      return row<{ id: string }>(
        tx,
        `INSERT INTO notification (organization_id, alarm_id, step, cycle, user_id, path, priority, silent_at)
         VALUES ($1, $2, 0, 0, $3, $4, 10, now() + interval '1 h') RETURNING id`,
        [organizationId, alarmId, userId, path],
      );
    });
    return found?.id ?? '';
  }

  /** Sends what is waiting, to the end. */
  async send(): Promise<void> {
    this.dispatcher.send(this.organizationId);
    await this.dispatcher.idle();
  }

  /** So much time passes for what waits, and for the phones. */
  async pass(seconds: number): Promise<void> {
    await this.db.within(this.organizationId, async (tx) => {
      await rows(tx, 'UPDATE notification SET next_attempt_at = next_attempt_at - make_interval(secs => $1)', [
        seconds,
      ]);
      await rows(tx, 'UPDATE phone_use SET used_at = used_at - make_interval(secs => $1)', [seconds]);
    });
  }

  /** `state problem` of a notification. */
  async stateOf(id: string): Promise<string> {
    const found = await this.ask<{ state: string; problem: string | null }>(
      'SELECT state, problem FROM notification WHERE id = $1',
      [id],
    );
    return [found[0]?.state, found[0]?.problem].filter(Boolean).join(' ');
  }

  /** How many ladders are to be looked at now. */
  async laddersDue(): Promise<number> {
    return (await this.ask(`SELECT 1 FROM timer WHERE kind = 'path' AND due_at <= clock_timestamp()`)).length;
  }

  ask<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return this.db.within(this.organizationId, (tx) => rows<Row>(tx, sql, values));
  }

  private path(
    way: Way,
    {
      ALARM_URL,
      SMS_PER_SECOND: sms,
      VOICE_PER_SECOND: voice,
    }: { ALARM_URL?: string | undefined; SMS_PER_SECOND: number; VOICE_PER_SECOND: number },
  ): OutsidePath {
    const messages = new AlarmMessages(this.db, this.sealing, ALARM_URL);
    const throttle = new Throttle(this.db, { sms, voice });
    return new OutsidePath(way, { destinations: this.destinations, messages, senders: this.senders, throttle });
  }
}
