import { Injectable } from '@nestjs/common';
import { type AlarmSourceSettings, putAlarmSource } from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import { EscalationPoliciesHandler } from '../policies/escalation-policies.js';
import { MapWebhook } from './map-webhook.js';
import { MappingFailed, type Owner } from './mapping/mapping-sandbox.js';
import { isTimeZone, occurrenceAfter } from './schedule-times.js';

/** Finds before it is needed what would not work then. */
@Injectable()
export class CheckSettings {
  constructor(
    private readonly policies: EscalationPoliciesHandler,
    private readonly mapping: MapWebhook,
  ) {}

  /** @throws AppError `policy_not_found`, `invalid_mapping`, `invalid_schedule`, `unknown_time_zone` */
  async assertSound(organizationId: OrganizationId, sourceId: string, settings: AlarmSourceSettings): Promise<void> {
    await this.assertPolicies(organizationId, settings);
    if (settings.kind === 'webhook') await this.assertMapping({ organizationId, sourceId }, settings.mapping);
    if (settings.kind !== 'schedule') return;
    if (!isTimeZone(settings.timeZone))
      throw putAlarmSource.fail('unknown_time_zone', `${settings.timeZone} is no time zone, such as Europe/Berlin`);
    if (!occurrenceAfter(settings, new Date()))
      throw putAlarmSource.fail('invalid_schedule', 'expected five fields that come true, or a time to come');
  }

  private async assertPolicies(organizationId: OrganizationId, settings: AlarmSourceSettings): Promise<void> {
    const routes = 'routes' in settings ? settings.routes : [];
    const named = [settings.raises, ...routes].flatMap(({ policyId }) => policyId ?? []);
    for (const policyId of new Set(named))
      if (!(await this.policies.read(organizationId, policyId as string)))
        throw putAlarmSource.fail('policy_not_found');
  }

  private async assertMapping(owner: Owner, mapping: string): Promise<void> {
    try {
      await this.mapping.check(owner, mapping);
    } catch (error) {
      if (!(error instanceof MappingFailed)) throw error;
      throw putAlarmSource.fail('invalid_mapping', error.message, { details: { problem: error.message } });
    }
  }
}
