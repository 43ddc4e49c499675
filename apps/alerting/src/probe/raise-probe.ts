import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { PROBES_A_MINUTE, raiseProbe } from '@relais/contracts';
import { Database } from '@relais/database';
import { Access } from '@relais/service';
import { ProbeAlarms } from './probe-alarms.js';
import { countProbes } from './probe-rows.postgres.js';

/** A watchdog outside raises an alarm to itself. */
@Injectable()
export class RaiseProbeHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly probes: ProbeAlarms,
  ) {}

  @Serves(raiseProbe)
  async execute({ alarmId }: { alarmId: string }, { principal }: RequestContext): Promise<Record<string, never>> {
    await this.access.assertMay(principal, 'raise_alarms');
    const { organizationId, userId } = principal;
    const lately = await this.db.within(organizationId, (tx) => countProbes(tx, organizationId, userId));
    if (lately >= PROBES_A_MINUTE)
      throw raiseProbe.fail('too_many_test_alarms', `${PROBES_A_MINUTE} a minute are enough`);
    await this.probes.raise(organizationId, alarmId, userId, userId);
    return {};
  }
}
