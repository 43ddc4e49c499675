import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { receiveAlertmanager, type Taken } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import { hashSecret } from '@relais/security';
import type { z } from 'zod';
import { AdmitSource, isSecretOf } from './admit-source.js';
import { incidentOf } from './alertmanager-message.js';
import { DeliveryLog } from './delivery-log.js';
import { TakeIncident } from './take-incident.js';

/** Alertmanager says what fires and what is over. It is answered when that is committed, so that it repeats what was not. */
@Injectable()
export class ReceiveAlertmanagerHandler {
  constructor(
    private readonly sources: AdmitSource,
    private readonly incidents: TakeIncident,
    private readonly deliveries: DeliveryLog,
  ) {}

  @Serves(receiveAlertmanager)
  async execute({ secret, body, ...asked }: z.output<typeof receiveAlertmanager.input>): Promise<Taken> {
    const secretHash = hashSecret(secret);
    // 5xx, because Alertmanager drops what is answered with 429.
    const busy = (retryAfterMs: number) => receiveAlertmanager.fail('source_busy', undefined, { retryAfterMs });
    const source = await this.sources.admit(asked, 'alertmanager', (found) => isSecretOf(found, secretHash), busy);
    const { organizationId, sourceId, settings } = source;
    const kept = settings.keepsBodies ? body : undefined;
    try {
      const taken = await this.incidents.take(source, incidentOf(body, settings), '');
      await this.deliveries.write(organizationId, sourceId, { ...taken, body: kept });
      return taken;
    } catch (error) {
      const { code, message } = AppError.from(error);
      await this.deliveries.write(organizationId, sourceId, {
        ...{ outcome: 'failed', problem: `${code}: ${message}`, body: kept },
      });
      throw error;
    }
  }
}
