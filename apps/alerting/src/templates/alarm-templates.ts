import { Injectable } from '@nestjs/common';
import { Bus, type RequestContext, Serves } from '@relais/bus';
import {
  type AlarmTemplate,
  deleteAlarmTemplate,
  LIMITS,
  listAlarmTemplates,
  putAlarmTemplate,
  raiseAlarm,
  raiseFromTemplate,
  readPoolsOf,
} from '@relais/contracts';
import { Database } from '@relais/database';
import type { OrganizationId, PoolId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { RaiseAlarmHandler } from '../alarms/raise-alarm.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import { fill, namesIn, textsOf } from './placeholders.js';
import { findTemplate, removeTemplate, templatesOf, writeTemplate } from './template-rows.postgres.js';
import { valuesFor } from './template-values.js';

const MOST_TEMPLATES = 200;

type Put = z.output<typeof putAlarmTemplate.input>;
type Raise = z.output<typeof raiseFromTemplate.input>;

/** Alarms prepared when there was time to think. */
@Injectable()
export class AlarmTemplatesHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly bus: Bus,
    private readonly sealing: Sealing,
    private readonly raiser: RaiseAlarmHandler,
  ) {}

  @Serves(putAlarmTemplate)
  async put(
    { templateId, template }: Put,
    { principal }: RequestContext,
  ): Promise<z.input<typeof putAlarmTemplate.output>> {
    await this.access.assertMay(principal, 'manage_alarms');
    assertSound(template);
    const { organizationId, userId } = principal;
    const sealed = await this.sealing.seal(organizationId, 'alarm_template.template', templateId, template);
    await this.db.within(organizationId, async (tx) => {
      const all = await templatesOf(tx, organizationId);
      if (all.length >= MOST_TEMPLATES && !all.some(({ id }) => id === templateId))
        throw putAlarmTemplate.fail('too_many_templates', `there are ${MOST_TEMPLATES}: delete one`);
      await writeTemplate(tx, organizationId, templateId, sealed);
      await recordFact(tx, organizationId, {
        ...{
          actor: userSubject(userId),
          action: 'alarm-template.set',
          object: { kind: 'alarm-template', id: templateId },
        },
        after: { severity: template.severity, values: template.values.length, raiserPoolIds: template.raiserPoolIds },
      });
    });
    return { id: templateId, template };
  }

  @Serves(listAlarmTemplates)
  async list(_: unknown, { principal }: RequestContext): Promise<z.input<typeof listAlarmTemplates.output>> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, (tx) => templatesOf(tx, organizationId));
    const opened = await this.sealing.openAll<AlarmTemplate>(
      organizationId,
      'alarm_template.template',
      found.map(({ id, template_sealed }) => ({ id, sealed: template_sealed })),
    );
    const items = found.flatMap(({ id }, at) => (opened[at] ? [{ id: id as never, template: opened[at] }] : []));
    if ((await this.access.may(principal, 'manage_alarms')) || (await this.access.may(principal, 'raise_alarms')))
      return { items };
    const pools = new Set(
      await this.poolsOf(principal, [...new Set(items.flatMap((one) => one.template.raiserPoolIds))]),
    );
    return { items: items.filter(({ template }) => template.raiserPoolIds.some((id) => pools.has(id))) };
  }

  @Serves(deleteAlarmTemplate)
  async delete({ templateId }: { templateId: string }, { principal }: RequestContext): Promise<Record<string, never>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId, userId } = principal;
    return this.db.within(organizationId, async (tx) => {
      if (!(await removeTemplate(tx, organizationId, templateId))) throw deleteAlarmTemplate.fail('template_not_found');
      const object = { kind: 'alarm-template', id: templateId };
      await recordFact(tx, organizationId, { actor: userSubject(userId), action: 'alarm-template.deleted', object });
      return {};
    });
  }

  @Serves(raiseFromTemplate)
  async raise(
    { alarmId, templateId, values: said }: Raise,
    { principal }: RequestContext,
  ): Promise<z.input<typeof raiseFromTemplate.output>> {
    const { organizationId, userId } = principal;
    const template = await this.read(organizationId, templateId);
    if (!template || !(await this.mayRaise(principal, template))) throw raiseFromTemplate.fail('template_not_found');
    const values = valuesFor(template, said);
    const title = fill(template.title, values);
    if (Buffer.byteLength(title) > LIMITS.titleBytes)
      throw raiseFromTemplate.fail('value_too_long', `the title is longer than ${LIMITS.titleBytes} bytes`);
    const { severity, audience, policyId, answers, needed, opensConversation, joins, checklist } = template;
    const { positions, strategy } = template;
    const command = raiseAlarm.input.parse({
      ...{ alarmId, severity, title, text: cut(fill(template.text, values)), audience, needed, positions, strategy },
      ...{
        opensConversation,
        joins,
        checklist: checklist.map((item) => ({ ...item, text: shorten(fill(item.text, values)) })),
      },
      ...(policyId ? { policyId } : {}),
      ...(answers ? { answers } : {}),
      ...(template.closesAfterMinutes ? { closesAt: inMinutes(template.closesAfterMinutes) } : {}),
    });
    return this.raiser.raise(command, {
      ...{ organizationId, from: userId, actor: userSubject(userId), source: 'template' },
      ...{ request: { alarmId, templateId, said }, updateEveryMinutes: template.updateEveryMinutes },
    });
  }

  private async read(organizationId: OrganizationId, templateId: string): Promise<AlarmTemplate | null> {
    const found = await this.db.within(organizationId, (tx) => findTemplate(tx, organizationId, templateId));
    if (!found) return null;
    return this.sealing.open(organizationId, 'alarm_template.template', templateId, found.template_sealed);
  }

  private async mayRaise(principal: Principal, { raiserPoolIds }: AlarmTemplate): Promise<boolean> {
    if (await this.access.may(principal, 'raise_alarms')) return true;
    return (await this.poolsOf(principal, raiserPoolIds)).length > 0;
  }

  private async poolsOf({ organizationId, userId }: Principal, poolIds: readonly PoolId[]): Promise<PoolId[]> {
    if (poolIds.length === 0) return [];
    return (await this.bus.request(readPoolsOf, { organizationId, userId, poolIds: poolIds.slice(0, 2_000) })).poolIds;
  }
}

function assertSound(template: AlarmTemplate): void {
  const known = new Set(template.values.map(({ name }) => name));
  for (const name of namesIn(textsOf(template)))
    if (!known.has(name))
      throw putAlarmTemplate.fail('unknown_placeholder', `{{${name}}} stands in a text, and no value has this name`, {
        details: { name },
      });
  const keys = (template.answers ?? []).map(({ key }) => key);
  if (new Set(keys).size !== keys.length) throw putAlarmTemplate.fail('duplicate_answers');
}

const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

const ITEM_BYTES = 512;
const cut = (text: string): string => shorten(text, LIMITS.alarmTextBytes);

/** At most so many bytes, of whole characters. */
function shorten(text: string, maxBytes = ITEM_BYTES): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  return new TextDecoder().decode(bytes.subarray(0, maxBytes)).replace(/\uFFFD+$/u, '');
}
