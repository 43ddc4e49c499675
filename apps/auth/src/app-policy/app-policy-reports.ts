import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type AppPolicyReport, listAppPolicyReports, reportAppPolicy } from '@relais/contracts';
import { Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Database, type Tx } from '../database/database.js';
import { deviceSubject, recordFact } from '../facts/record-fact.js';
import { actorOf, actorWith } from '../permissions/actor.postgres.js';
import { fromCursor, toCursor } from '../users/cursor.js';
import { isCompliantNow, listReportRows, readLayers, type ReportRow, writeReport } from './app-policy-rows.postgres.js';
import { mergePolicy } from './merge.js';
import { violationsOf } from './violations.js';

type Command = z.output<typeof reportAppPolicy.input>;

/** What devices say they have made of their policy. It is their word: what must hold is held by the server. */
@Injectable()
export class AppPolicyReportsHandler {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  @Serves(reportAppPolicy)
  report(command: Command, { principal }: RequestContext): Promise<z.input<typeof reportAppPolicy.output>> {
    const { organizationId, deviceId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await actorOf(tx, principal);
      const policy = mergePolicy(await readLayers(tx, organizationId, principal));
      const violations = violationsOf(policy, command.app);
      const isCompliant = violations.length === 0 && command.notApplied.length === 0;
      await this.recordChange(tx, principal, isCompliant, { ...command, violations });
      await writeReport(tx, organizationId, {
        device_id: deviceId,
        version: command.version,
        is_compliant: isCompliant,
        app_version: command.app.version,
        os_version: command.app.osVersion,
        not_applied: command.notApplied,
        reported_at: this.clock.now(),
      });
      return { isCompliant, violations };
    });
  }

  /** A fact when it changes, not with every report: devices report at every start. */
  private async recordChange(
    tx: Tx,
    { organizationId, deviceId }: Principal,
    isCompliant: boolean,
    { violations, notApplied }: { violations: { setting: string }[]; notApplied: { setting: string }[] },
  ): Promise<void> {
    const before = await isCompliantNow(tx, organizationId, deviceId);
    if (before === isCompliant) return;
    await recordFact(tx, organizationId, {
      actor: deviceSubject(deviceId),
      action: isCompliant ? 'app-policy.met' : 'app-policy.violated',
      object: deviceSubject(deviceId),
      before: { isCompliant: before },
      after: { isCompliant, settings: [...violations, ...notApplied].map(({ setting }) => setting) },
    });
  }

  @Serves(listAppPolicyReports)
  async list(
    { cursor, limit }: z.output<typeof listAppPolicyReports.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof listAppPolicyReports.output>> {
    const { organizationId } = principal;
    const after = fromCursor(cursor);
    return this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_devices');
      const found = await listReportRows(tx, organizationId, { after, limit: limit + 1 });
      const items: AppPolicyReport[] = [];
      for (const report of found.slice(0, limit)) items.push(await this.describe(tx, principal, report));
      const last = found.length > limit ? items.at(-1) : undefined;
      return { items, ...(last ? { next: toCursor(last.deviceId) } : {}) };
    });
  }

  private async describe(tx: Tx, { organizationId }: Principal, report: ReportRow): Promise<AppPolicyReport> {
    const { device_id: deviceId, user_id: userId } = report;
    const { version } = mergePolicy(await readLayers(tx, organizationId, { userId, deviceId }));
    return {
      deviceId,
      userId,
      isCurrent: report.version === version,
      isCompliant: report.is_compliant,
      appVersion: report.app_version,
      osVersion: report.os_version,
      notApplied: report.not_applied,
      reportedAt: report.reported_at.toISOString(),
    };
  }
}
