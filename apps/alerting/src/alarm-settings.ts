import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type AlarmSettings, putAlarmSettings, readAlarmSettings } from '@relais/contracts';
import { Database } from '@relais/database';
import { Access } from '@relais/service';
import { planDrills } from './drills/drill-runs.js';
import { recordFact, systemSubject, userSubject } from './facts/record-fact.js';
import { watchFindings } from './policies/findings-timer.js';
import { watchProbe } from './probe/probe-watch.js';
import { settingsOf, writeSettings } from './settings-rows.postgres.js';

/** How an organization alarms, in the hands of its administrators. */
@Injectable()
export class AlarmSettingsHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
  ) {}

  @Serves(readAlarmSettings)
  async read(_: unknown, { principal }: RequestContext): Promise<AlarmSettings> {
    await this.access.assertMay(principal, 'manage_alarms');
    return this.db.within(principal.organizationId, (tx) => settingsOf(tx, principal.organizationId));
  }

  @Serves(putAlarmSettings)
  async put({ settings }: { settings: AlarmSettings }, { principal }: RequestContext): Promise<AlarmSettings> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId, userId } = principal;
    await this.db.within(organizationId, async (tx) => {
      await writeSettings(tx, organizationId, settings);
      if (settings.probeUserId) await watchProbe(tx, organizationId);
      await watchFindings(tx, organizationId);
      await planDrills(tx, organizationId, settings.drills);
      await recordFact(tx, organizationId, {
        actor: userSubject(userId),
        action: 'alarm-settings.changed',
        object: systemSubject('alarm-settings'),
        after: { paths: settings.paths, massThreshold: settings.massThreshold },
      });
    });
    return settings;
  }
}
