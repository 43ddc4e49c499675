import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type AlarmSourceSettings, listAlarmDeliveries, tryAlarmSource } from '@relais/contracts';
import { Database } from '@relais/database';
import { AppError, type OrganizationId } from '@relais/kernel';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { Sealing } from '../sealing.js';
import { incidentOf } from './alertmanager-message.js';
import { deliveriesOf } from './delivery-rows.postgres.js';
import type { Incident } from './incident.js';
import { MapWebhook } from './map-webhook.js';
import { MappingFailed, type Owner } from './mapping/mapping-sandbox.js';
import { findSource, type SourceRow } from './source-rows.postgres.js';
import { SourceSettings } from './source-settings.js';

type Tried = z.input<typeof tryAlarmSource.output>;
type Listed = z.input<typeof listAlarmDeliveries.output>;

/** For whoever looks for a mistake: what a body would raise, and what became of those that came. */
@Injectable()
export class LookIntoSourceHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly settings: SourceSettings,
    private readonly mapping: MapWebhook,
    private readonly sealing: Sealing,
  ) {}

  @Serves(tryAlarmSource)
  async try(
    { sourceId, body, settings }: z.output<typeof tryAlarmSource.input>,
    { principal }: RequestContext,
  ): Promise<Tried> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    const found = await this.find(organizationId, sourceId);
    const holds = settings ?? (await this.settings.open(organizationId, found))?.settings;
    if (!holds) throw tryAlarmSource.fail('source_not_found', 'its settings are gone');
    try {
      const incident = await this.read({ organizationId, sourceId }, holds, body);
      return incident ? { incident: shown(incident) } : {};
    } catch (error) {
      if (error instanceof MappingFailed) return { problem: error.message };
      const { code, message } = AppError.from(error);
      if (code === 'malformed_delivery') return { problem: message };
      throw error;
    }
  }

  @Serves(listAlarmDeliveries)
  async list({ sourceId }: { sourceId: string }, { principal }: RequestContext): Promise<Listed> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    await this.find(organizationId, sourceId);
    const found = await this.db.within(organizationId, (tx) => deliveriesOf(tx, organizationId, sourceId));
    const problems = await this.open(organizationId, 'source.problem', found, ({ problem_sealed }) => problem_sealed);
    const bodies = await this.open(organizationId, 'source.body', found, ({ body_sealed }) => body_sealed);
    return {
      items: found.map(({ id, at, outcome, alarm_id }) => ({
        ...{ at: at.toISOString(), outcome },
        ...(problems.has(id) ? { problem: problems.get(id) } : {}),
        ...(alarm_id ? { alarmId: alarm_id as never } : {}),
        ...(bodies.has(id) ? { body: bodies.get(id) } : {}),
      })),
    };
  }

  private async read(owner: Owner, settings: AlarmSourceSettings, body: string): Promise<Incident | null> {
    if (settings.kind === 'alertmanager') return incidentOf(body, settings);
    if (settings.kind === 'webhook') return this.mapping.map(owner, settings, body);
    throw tryAlarmSource.fail('source_takes_no_body', `a ${settings.kind} is sent no body`);
  }

  private async find(organizationId: OrganizationId, sourceId: string): Promise<SourceRow> {
    const found = await this.db.within(organizationId, (tx) => findSource(tx, organizationId, sourceId));
    if (!found) throw tryAlarmSource.fail('source_not_found');
    return found;
  }

  private async open<Row extends { id: string }>(
    organizationId: OrganizationId,
    what: 'source.problem' | 'source.body',
    found: readonly Row[],
    sealedOf: (row: Row) => Buffer | null,
  ): Promise<Map<string, string>> {
    const sealed = found.flatMap((one) => {
      const bytes = sealedOf(one);
      return bytes ? [{ id: one.id, sealed: bytes }] : [];
    });
    const opened = await this.sealing.openAll<string>(organizationId, what, sealed);
    return new Map(sealed.flatMap(({ id }, at) => (opened[at] === null ? [] : [[id, opened[at] as string]])));
  }
}

const shown = ({ isWhole: _, policyId, key, ...incident }: Incident): NonNullable<Tried['incident']> => ({
  ...incident,
  ...(key === undefined || key === '' ? {} : { key }),
  ...(policyId === undefined ? {} : { policyId: policyId as never }),
});
