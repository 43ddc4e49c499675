import { createHmac } from 'node:crypto';
import {
  type Alarm,
  alarmSourceSettings,
  type DeliveryOutcome,
  listAlarmDeliveries,
  putAlarmSource,
  type Taken,
} from '@relais/contracts';
import { row } from '@relais/database';
import { newId, type UserId } from '@relais/kernel';
import { signWebhook } from '@relais/security';
import type { z } from 'zod';
import { AdmitSource } from '../src/sources/admit-source.js';
import { CheckSettings } from '../src/sources/check-settings.js';
import { DeliveryLog } from '../src/sources/delivery-log.js';
import { GroupWindow } from '../src/sources/group-window.js';
import { Heartbeats } from '../src/sources/heartbeats.js';
import { LookIntoSourceHandler } from '../src/sources/look-into-source.js';
import { ManageSourcesHandler } from '../src/sources/manage-sources.js';
import { MapWebhook } from '../src/sources/map-webhook.js';
import { MappingSandbox } from '../src/sources/mapping/mapping-sandbox.js';
import { RaiseFromSource } from '../src/sources/raise-from-source.js';
import { ReceiveAlertmanagerHandler } from '../src/sources/receive-alertmanager.js';
import { ReceiveWebhookHandler } from '../src/sources/receive-webhook.js';
import { Schedules } from '../src/sources/schedules.js';
import { SourceSettings } from '../src/sources/source-settings.js';
import { TakeIncident } from '../src/sources/take-incident.js';
import { EngineWorld } from './engine-world.js';

export interface Made {
  sourceId: string;
  secret: string;
}
type Given = z.input<typeof alarmSourceSettings>;

/** An alert as Alertmanager has it. */
export const alert = (labels: Record<string, string>, annotations: Record<string, string> = {}, status = 'firing') => ({
  ...{ status, labels, annotations, startsAt: '2026-11-27T09:00:00Z', endsAt: '0001-01-01T00:00:00Z' },
  ...{ generatorURL: 'http://prometheus.example/graph', fingerprint: 'f' },
});

/** A message of Alertmanager, version 4. */
export const message = (alerts: ReturnType<typeof alert>[], more: object = {}) => ({
  ...{ version: '4', groupKey: '{}:{alertname="Disk"}', truncatedAlerts: 0, receiver: 'relais' },
  status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
  ...{ groupLabels: { alertname: 'Disk' }, commonLabels: {}, commonAnnotations: {}, externalURL: 'http://am.example' },
  ...{ alerts, ...more },
});

/** Everything that sources wait for happened so many seconds earlier. */
const SHIFTS = [
  `UPDATE alarm_source s SET beat_at = s.beat_at - d.by, expected_by = s.expected_by - d.by, next_at = s.next_at - d.by,
     tokens_at = s.tokens_at - d.by, old_secret_until = s.old_secret_until - d.by
   FROM (SELECT make_interval(secs => $1) AS by) d`,
  'UPDATE alarm_source_group SET window_ends_at = window_ends_at - make_interval(secs => $1)',
  'UPDATE alarm_source_receipt SET received_at = received_at - make_interval(secs => $1)',
  'UPDATE alarm_source_delivery SET at = at - make_interval(secs => $1)',
] as const;

/** Sources of alarms with the engine they raise into. */
export class SourcesWorld {
  readonly sandbox = new MappingSandbox();
  readonly manage: ManageSourcesHandler;
  readonly look: LookIntoSourceHandler;
  readonly alertmanager: ReceiveAlertmanagerHandler;
  readonly webhook: ReceiveWebhookHandler;
  readonly heartbeats: Heartbeats;
  readonly schedules: Schedules;
  readonly admin: UserId;

  private constructor(readonly engine: EngineWorld) {
    const { database: db, sealing, access, changes, policies } = engine;
    const settings = new SourceSettings(sealing);
    const mapping = new MapWebhook(this.sandbox);
    const deliveries = new DeliveryLog(db, sealing);
    const raising = new RaiseFromSource(engine.raiser);
    const incidents = new TakeIncident(db, sealing, raising, changes);
    const admit = new AdmitSource(db, settings, deliveries);
    const check = new CheckSettings(policies, mapping);
    this.manage = new ManageSourcesHandler(db, access, settings, check, engine.engine);
    this.look = new LookIntoSourceHandler(db, access, settings, mapping, sealing);
    this.alertmanager = new ReceiveAlertmanagerHandler(admit, incidents, deliveries);
    this.webhook = new ReceiveWebhookHandler(db, admit, mapping, incidents, deliveries);
    this.heartbeats = new Heartbeats(db, settings, sealing, raising, changes, deliveries, engine.engine);
    this.schedules = new Schedules(db, settings, sealing, raising, deliveries);
    this.admin = engine.person();
    engine.workers.push(deliveries, new GroupWindow(db, sealing, incidents), this.heartbeats, this.schedules);
  }

  static async open(): Promise<SourcesWorld> {
    return new SourcesWorld(await EngineWorld.open());
  }

  async close(): Promise<void> {
    await this.sandbox.onApplicationShutdown();
    await this.engine.close();
  }

  get context() {
    return this.engine.context(this.admin);
  }

  /** A source that tells the administrator, unless it says otherwise. */
  async source(settings: Given, sourceId: string = newId()): Promise<Made> {
    const raises = { audience: { userIds: [this.admin] }, ...settings.raises };
    const input = putAlarmSource.input.parse({ sourceId, settings: { ...settings, raises } });
    const { secret = '' } = await this.manage.put(input, this.context);
    return { sourceId, secret };
  }

  fires({ sourceId, secret }: Made, body: object | string): Promise<Taken> {
    const { organizationId } = this.engine;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.alertmanager.execute({ organizationId, sourceId: sourceId as never, secret, body: text });
  }

  /** Signed by Standard Webhooks. */
  posts(
    { sourceId, secret }: Made,
    body: unknown,
    { id = newId(), at = new Date(), tampered = '' } = {},
  ): Promise<Taken> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const headers = signWebhook(secret, id, text, at);
    const { organizationId } = this.engine;
    return this.webhook.execute({
      ...{ organizationId, sourceId: sourceId as never, id, body: text + tampered },
      ...{ timestamp: headers['webhook-timestamp'], signature: headers['webhook-signature'] },
    });
  }

  /** Signed in our own form. */
  postsPlain({ sourceId, secret }: Made, body: object, at = Date.now()): Promise<Taken> {
    const [text, timestamp] = [JSON.stringify(body), String(Math.floor(at / 1_000))];
    const signature = `v1=${createHmac('sha256', secret).update(`${timestamp}.${text}`).digest('hex')}`;
    const { organizationId } = this.engine;
    return this.webhook.execute({ organizationId, sourceId: sourceId as never, timestamp, signature, body: text });
  }

  beats({ sourceId, secret }: Made): Promise<object> {
    return this.heartbeats.execute({
      ...{ organizationId: this.engine.organizationId, sourceId: sourceId as never, secret },
    });
  }

  /** All there are, the newest first, as who was told sees them. */
  async alarms(): Promise<Alarm[]> {
    await this.engine.settle();
    const { items } = await this.engine.reads.list({ state: 'all', limit: 50 }, this.context);
    return items as Alarm[];
  }

  async deliveries({ sourceId }: Made): Promise<z.input<typeof listAlarmDeliveries.output>['items']> {
    return (await this.look.list({ sourceId }, this.context)).items;
  }

  async outcomes(made: Made): Promise<DeliveryOutcome[]> {
    return (await this.deliveries(made)).map(({ outcome }) => outcome);
  }

  /** Lets so many seconds pass for all that sources wait for, and lets the engine do what is due then. */
  async pass(seconds: number): Promise<void> {
    const { database, organizationId } = this.engine;
    await database.within(organizationId, async (tx) => {
      for (const shift of SHIFTS) await row(tx, shift, [seconds]);
    });
    await this.engine.pass(seconds);
  }
}
