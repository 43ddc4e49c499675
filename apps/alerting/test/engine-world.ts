import type { AlarmPath, AlarmWarning, raiseAlarm } from '@relais/contracts';
import { BlindIndex, Envelope, FileKeyProvider, MemoryKeyStore } from '@relais/crypto';
import { Database, migrate, openDatabase, row, rows } from '@relais/database';
import { type DeviceId, newId, type OrganizationId, type SessionId, SystemClock, type UserId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import type { Principal } from '@relais/security';
import { type FreshDatabase, freshDatabase, OwnClock, TestKekFile } from '@relais/testing';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { Announcer } from '../src/alarms/announcer.js';
import { AnswerAlarmHandler } from '../src/alarms/answer-alarm.js';
import { ApproveAlarmHandler } from '../src/alarms/approve-alarm.js';
import { AskApproval } from '../src/alarms/ask-approval.js';
import { ChangeAlarmHandler } from '../src/alarms/change-alarm.js';
import { MarkCollector } from '../src/alarms/mark-collector.js';
import { RaiseAlarmHandler } from '../src/alarms/raise-alarm.js';
import { ReadAlarmsHandler } from '../src/alarms/read-alarms.js';
import { Audiences } from '../src/audience.js';
import { Checklists } from '../src/checklists/checklists.js';
import { UpdateReminder } from '../src/checklists/update-reminder.js';
import { Reach } from '../src/contact-rules/reach.js';
import { migrations } from '../src/database/migrations.js';
import { Engine } from '../src/engine/engine.js';
import { Escalation } from '../src/engine/escalation.js';
import { workOf } from '../src/engine/work.js';
import { Dispatcher } from '../src/notifications/dispatcher.js';
import { SocketPath } from '../src/notifications/socket-path.js';
import { EscalationPoliciesHandler } from '../src/policies/escalation-policies.js';
import { FindingsWatch } from '../src/policies/findings-watch.js';
import { PolicyLint } from '../src/policies/policy-lint.js';
import { Staffing } from '../src/alarms/strategies/staffing.js';
import { Whom } from '../src/alarms/strategies/whom.js';
import { Places } from '../src/places.js';
import { QualificationHoldersHandler } from '../src/qualifications/qualification-holders.js';
import { QualificationsHandler } from '../src/qualifications/qualifications.js';
import { DutiesHandler } from '../src/rosters/duties.js';
import { DutyNews } from '../src/rosters/duty-news.js';
import { OverridesHandler } from '../src/rosters/overrides.js';
import { RosterLint } from '../src/rosters/roster-lint.js';
import { Rostered } from '../src/rosters/rostered.js';
import { RostersHandler } from '../src/rosters/rosters.js';
import { Shifts } from '../src/rosters/shifts.js';
import { TakeAlong } from '../src/rosters/take-along.js';
import { AlarmRoom } from '../src/rooms/alarm-room.js';
import { Sealing } from '../src/sealing.js';
import { writeSettings } from '../src/settings-rows.postgres.js';
import { AlarmTemplatesHandler } from '../src/templates/alarm-templates.js';
import { RecordingPath } from './recording-path.js';
import { TestBus } from './test-bus.js';

type Raise = Partial<z.input<typeof raiseAlarm.input>>;

/** Steps to so many people that they rest between two pages of them, which is over in a moment. */
const RESTING = `SELECT count(*) AS n FROM timer WHERE kind = 'step' AND stage > 0`;

/** The engine with everything of alerting around it, on a real PostgreSQL; auth and the ways to people are the test's. */
export class EngineWorld {
  readonly organizationId = newId<OrganizationId>();
  readonly bus = new TestBus();
  readonly paths = { socket: new RecordingPath(), push: new RecordingPath(), sms: new RecordingPath() };
  readonly announced: string[] = [];
  private readonly equipped = new Set<UserId>();
  /** What else does something when it is due. */
  readonly workers: object[] = [];
  readonly database: Database;
  readonly dispatcher: Dispatcher;
  readonly engine: Engine;
  readonly raiser: RaiseAlarmHandler;
  readonly approver: ApproveAlarmHandler;
  readonly answers: AnswerAlarmHandler;
  readonly changes: ChangeAlarmHandler;
  readonly reads: ReadAlarmsHandler;
  readonly policies: EscalationPoliciesHandler;
  readonly marks: MarkCollector;
  readonly checklists: Checklists;
  readonly templates: AlarmTemplatesHandler;
  readonly access: Access;
  readonly audiences: Audiences;
  readonly sealing: Sealing;
  readonly announcer: Announcer;
  readonly onDuty = new Rostered();
  readonly rosters: RostersHandler;
  readonly overrides: OverridesHandler;
  readonly duties: DutiesHandler;
  readonly qualifications: QualificationsHandler;
  readonly holders: QualificationHoldersHandler;

  private constructor(
    private readonly fresh: FreshDatabase,
    readonly db: DataSource,
    private readonly kek: TestKekFile,
    private readonly provider: FileKeyProvider,
    private readonly clock: OwnClock | undefined,
  ) {
    this.database = new Database(db);
    const envelope = new Envelope({ provider, store: new MemoryKeyStore(), clock: new SystemClock() });
    const sealing = (this.sealing = new Sealing(envelope, new BlindIndex(provider)));
    this.dispatcher = new Dispatcher(this.database, this.paths, silentLog);
    this.engine = this.newEngine();
    const access = (this.access = new Access(this.bus));
    const audiences = (this.audiences = new Audiences(this.bus));
    const live = {
      publish: (subject: string, data: string | Uint8Array) => void this.announced.push(`${subject} ${String(data)}`),
    };
    const sockets = new SocketPath(this.database, sealing, live);
    const announcer = (this.announcer = new Announcer(this.database, sockets));
    const reach = new Reach(this.database);
    const policyLint = new PolicyLint(this.database, audiences, reach);
    this.policies = new EscalationPoliciesHandler(this.database, access, sealing, policyLint);
    const shifts = new Shifts();
    this.workers.push(shifts, new TakeAlong(this.onDuty), new DutyNews(this.database, sealing, sockets));
    const lint = new RosterLint(this.database, audiences, reach);
    this.workers.push(new FindingsWatch(this.database, this.policies, policyLint, lint));
    this.rosters = new RostersHandler(this.database, access, sealing, shifts, lint, this.engine);
    this.overrides = new OverridesHandler(this.database, access, this.rosters, shifts, this.engine);
    this.duties = new DutiesHandler(this.database, sealing, shifts, this.engine);
    this.qualifications = new QualificationsHandler(this.database, access, sealing);
    this.holders = new QualificationHoldersHandler(this.database, access, audiences);
    const whom = new Whom(this.database, this.qualifications, new Places(this.bus));
    this.checklists = new Checklists(this.database, access, sealing, announcer);
    this.workers.push(new AlarmRoom(this.database, this.bus, sealing), new UpdateReminder(this.database, announcer));
    this.raiser = new RaiseAlarmHandler(
      ...([this.database, access, audiences, this.policies] as const),
      ...([this.rosters, whom, new Staffing(this.database, this.onDuty)] as const),
      ...([this.onDuty, sealing, this.checklists, this.engine] as const),
    );
    this.approver = new ApproveAlarmHandler(this.database, access, this.engine);
    this.answers = new AnswerAlarmHandler(this.database, sealing, announcer);
    this.changes = new ChangeAlarmHandler(this.database, access, sealing, announcer);
    this.workers.push(new AskApproval(this.database, sealing, this.raiser, this.changes));
    this.reads = new ReadAlarmsHandler(this.database, access, sealing, this.checklists);
    this.templates = new AlarmTemplatesHandler(this.database, access, this.bus, sealing, this.raiser);
    this.marks = new MarkCollector(this.database);
  }

  static async open({ ownClock = false } = {}): Promise<EngineWorld> {
    const [fresh, kek] = [await freshDatabase(), await TestKekFile.create()];
    await migrate(fresh.ownerUrl, migrations, silentLog);
    const provider = await FileKeyProvider.open(kek.path, silentLog);
    const clock = ownClock ? await OwnClock.in(fresh) : undefined;
    const db = await openDatabase({
      ...{ url: fresh.appUrl, applicationName: 'test', poolSize: 10, statementTimeoutMs: 5_000, log: silentLog },
    });
    // Nobody here answers for the addresses of auth.
    await db.query(`DELETE FROM timer WHERE kind = 'address-book'`);
    return new EngineWorld(fresh, db, kek, provider, clock);
  }

  /** Another replica of the engine over the same database. */
  newEngine(dispatcher = this.dispatcher, log = silentLog): Engine {
    const findWork = () => workOf([new Escalation(this.onDuty), ...this.workers]);
    return new Engine(this.database, dispatcher, { pollMs: 50, log, findWork });
  }

  /** What another replica sends with. */
  newDispatcher(): Dispatcher {
    return new Dispatcher(this.database, this.paths, silentLog);
  }

  async close(): Promise<void> {
    await this.engine.stop();
    this.provider.close();
    await this.db.destroy();
    await this.clock?.close();
    await Promise.all([this.fresh.drop(), this.kek.remove()]);
  }

  person(): UserId {
    const id = newId<UserId>();
    this.bus.people.push(id);
    return id;
  }

  /** Somebody without a device that can be woken, and without a phone. */
  bare(): UserId {
    const id = this.person();
    this.equipped.add(id);
    return id;
  }

  /** Everybody has a device that can be woken and a phone, but for who is `bare`. */
  async equip(): Promise<void> {
    const ids = this.bus.people.filter((id) => !this.equipped.has(id));
    await this.database.within(this.organizationId, async (tx) => {
      await rows(
        tx,
        `INSERT INTO push_registration (organization_id, device_id, kind, user_id, target_sealed, target_index, locale)
         SELECT $1, gen_random_uuid(), 'fcm', u.id, '', uuid_send(u.id), 'en' FROM unnest($2::uuid[]) AS u (id)`,
        [this.organizationId, ids],
      );
      await rows(
        tx,
        `INSERT INTO contact_point (organization_id, user_id, id, kind, origin, address_sealed, address_index, locale, usable_since)
         SELECT $1, u.id, gen_random_uuid(), 'phone', 'person', '', '', 'en', now() FROM unnest($2::uuid[]) AS u (id)`,
        [this.organizationId, ids],
      );
    });
    for (const id of ids) this.equipped.add(id);
  }

  principal(userId: UserId): Principal {
    const { organizationId } = this;
    return {
      ...{
        userId,
        organizationId,
        deviceId: newId<DeviceId>(),
        sessionId: newId<SessionId>(),
        roles: ['member'],
        amr: [],
      },
      ...{ authenticatedAtMs: 0, isLimited: false, keyThumbprint: '', epoch: 0, expiresAtMs: Infinity, token: '' },
    };
  }

  context(userId: UserId) {
    return { principal: this.principal(userId), isAbandoned: () => false };
  }

  async raise(
    by: UserId,
    more: Raise,
  ): Promise<{ alarmId: string; state: string; recipients: number; isDuplicate: boolean; warnings?: AlarmWarning[] }> {
    await this.equip();
    const alarmId = newId<never>();
    const { raiseAlarm } = await import('@relais/contracts');
    const input = raiseAlarm.input.parse({ alarmId, severity: 'alarm', title: 'Fire', ...more });
    return this.raiser.execute(input, this.context(by));
  }

  answer(alarmId: string, by: UserId, answer: string) {
    return this.answers.execute({ alarmId: alarmId as never, answer }, this.context(by));
  }

  settings(paths: readonly AlarmPath[], more: object = {}): Promise<unknown> {
    return this.database.within(this.organizationId, async (tx) => {
      const { alarmSettings } = await import('@relais/contracts');
      return writeSettings(tx, this.organizationId, alarmSettings.parse({ paths, ...more }));
    });
  }

  /** It is this by the database's clock, which has to be its own. */
  async setClock(at: number): Promise<void> {
    if (!this.clock) throw new Error('open it with a clock of its own');
    await this.clock.set(at);
  }

  /** Lets so many seconds pass for every timer, and lets this engine do what is due then. */
  async pass(seconds: number): Promise<void> {
    await this.elapse(seconds);
    await this.settle();
  }

  /** Lets so many seconds pass for everything that waits. */
  async elapse(seconds: number): Promise<void> {
    await this.db.query('UPDATE timer SET due_at = due_at - make_interval(secs => $1)', [seconds]);
    await this.database.within(this.organizationId, (tx) =>
      rows(
        tx,
        `UPDATE notification SET next_attempt_at = next_attempt_at - make_interval(secs => $1),
           silent_at = silent_at - make_interval(secs => $1)`,
        [seconds],
      ),
    );
  }

  /** Does what is due now, to the end. */
  async settle(engine: Engine = this.engine): Promise<void> {
    do {
      await engine.runOnce();
      await engine.idle();
      await this.dispatcher.idle();
    } while ((await this.count(RESTING)) > 0);
  }

  /** Who was told by which path in which step and cycle, in order. */
  async told(path: keyof EngineWorld['paths']): Promise<string[]> {
    return this.paths[path].sent.map(({ userId, step, cycle }) => `${userId} ${step}.${cycle}`);
  }

  /** The planner learns what is in the tables, as it does now and then by itself. */
  analyze(): Promise<void> {
    return this.asOwner('ANALYZE');
  }

  /** One statement as the owner of the tables. */
  async asOwner(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.fresh.ownerUrl });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  count(sql: string): Promise<number> {
    return this.database.within(this.organizationId, async (tx) => Number((await row<{ n: number }>(tx, sql))?.n));
  }
}
