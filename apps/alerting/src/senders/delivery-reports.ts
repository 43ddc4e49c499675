import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { receiveDeliveryReport } from '@relais/contracts';
import { Database } from '@relais/database';
import type { z } from 'zod';
import { wakeLadders } from '../engine/timers.postgres.js';
import { deliveryReported } from '../metrics.js';
import { noteDelivery } from '../notifications/delivery-rows.postgres.js';
import { reportUrlOf } from './report-url.js';
import type { Providers } from './set-up.js';

/** Who can tell the reports of each provider from forged ones, and the address that providers were given. */
export class ReportReaders {
  constructor(
    readonly phones: Providers['phones'],
    readonly reportsUrl: string | undefined,
  ) {}
}

/** Providers say afterwards whether a phone was reached. Their word counts for what it is: a handset took it, or will not. */
@Injectable()
export class DeliveryReportsHandler {
  constructor(
    private readonly db: Database,
    private readonly readers: ReportReaders,
  ) {}

  @Serves(receiveDeliveryReport)
  async receive({
    provider,
    organizationId,
    notificationId,
    headers,
    body,
  }: z.output<typeof receiveDeliveryReport.input>): Promise<Record<string, never>> {
    const url = reportUrlOf(this.readers.reportsUrl ?? '', provider, { organizationId, notificationId });
    const report = (await this.readers.phones[provider]?.read({ url, body, headers })) ?? null;
    deliveryReported(provider, report ?? 'refused');
    if (report === null) throw receiveDeliveryReport.fail('report_refused', 'not signed by who it says it is');
    if (report === 'nothing_new') return {};
    await this.db.within(organizationId, async (tx) => {
      const undelivered = await noteDelivery(tx, organizationId, notificationId, report);
      if (undelivered) await wakeLadders(tx, organizationId, [undelivered]);
    });
    return {};
  }
}
