import { createHmac, hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { receiveSignedWebhook, type Taken } from '@relais/contracts';
import { Database } from '@relais/database';
import { AppError } from '@relais/kernel';
import { equalsInConstantTime, newSecret, verifyWebhook } from '@relais/security';
import type { z } from 'zod';
import { AdmitSource } from './admit-source.js';
import { DeliveryLog, type Ended } from './delivery-log.js';
import { MapWebhook, plainIncident, type WebhookSettings } from './map-webhook.js';
import { MappingFailed } from './mapping/mapping-sandbox.js';
import { claimReceipt, closeReceipt, dropReceipt, type Receipt } from './receipt-rows.postgres.js';
import { type ReceivingSource, TakeIncident } from './take-incident.js';

type Command = z.output<typeof receiveSignedWebhook.input>;
type Source = ReceivingSource & { settings: WebhookSettings };

const MAX_CLOCK_DIFFERENCE_SECONDS = 300;
const PLAIN_FORM = /^v1=([0-9a-f]{64})$/;
/** Checked in place of a key where there is none, so that it takes as long. */
const DECOY = `whsec_${Buffer.from(newSecret(), 'base64url').toString('base64')}`;

/** Takes what others sign, each message once. */
@Injectable()
export class ReceiveWebhookHandler {
  constructor(
    private readonly db: Database,
    private readonly sources: AdmitSource,
    private readonly mapping: MapWebhook,
    private readonly incidents: TakeIncident,
    private readonly deliveries: DeliveryLog,
  ) {}

  @Serves(receiveSignedWebhook)
  async execute(command: Command): Promise<Taken> {
    const { organizationId, sourceId } = command;
    const source = await this.sources.admit(
      { organizationId, sourceId },
      'webhook',
      (_, keys) => (keys.length > 0 ? keys : [DECOY]).filter((key) => isSigned(key, command)).length > 0,
      (retryAfterMs) => new AppError('rate_limited', 'rate_limited', undefined, { retryAfterMs }),
    );
    const receipt = receiptOf(command);
    const claim = await this.db.within(organizationId, (tx) => claimReceipt(tx, organizationId, sourceId, receipt));
    if (claim === 'other') throw await this.refused(source, command);
    if (claim === 'in_hand')
      throw receiveSignedWebhook.fail('source_busy', 'it is being taken', { retryAfterMs: 1_000 });
    if (claim === 'same') return this.repeated(source);
    return this.take(source, command, receipt);
  }

  private async take(source: Source, { body }: Command, receipt: Receipt): Promise<Taken> {
    const { organizationId, sourceId, settings } = source;
    const kept = settings.keepsBodies ? body : undefined;
    try {
      const ended = await this.ended(source, body, receipt);
      await this.deliveries.write(organizationId, sourceId, { ...ended, body: kept }, (tx) =>
        closeReceipt(tx, organizationId, sourceId, receipt),
      );
      return { outcome: ended.outcome, ...(ended.alarmId ? { alarmId: ended.alarmId as never } : {}) };
    } catch (error) {
      const { code, message } = AppError.from(error);
      await this.deliveries.write(
        organizationId,
        sourceId,
        { outcome: 'failed', problem: `${code}: ${message}`, body: kept },
        (tx) => dropReceipt(tx, organizationId, sourceId, receipt),
      );
      throw error;
    }
  }

  private async ended(source: Source, body: string, { messageHash }: Receipt): Promise<Ended> {
    const messageId = messageHash.toString('hex');
    try {
      const incident = await this.mapping.map(source, source.settings, body);
      return incident ? await this.incidents.take(source, incident, messageId) : { outcome: 'ignored' };
    } catch (error) {
      if (!(error instanceof MappingFailed)) throw error;
      if (!source.settings.raisesOnMappingFailure) throw receiveSignedWebhook.fail('mapping_failed', error.message);
      const taken = await this.incidents.take(source, plainIncident(source.settings), messageId);
      return { ...taken, problem: error.message };
    }
  }

  private async repeated({ organizationId, sourceId }: Source): Promise<Taken> {
    await this.deliveries.write(organizationId, sourceId, { outcome: 'repeated' });
    return { outcome: 'repeated' };
  }

  private async refused({ organizationId, sourceId }: Source, { id }: Command): Promise<AppError> {
    const problem = `something else came under the id ${id ?? ''} before`;
    await this.deliveries.write(organizationId, sourceId, { outcome: 'failed', problem });
    return receiveSignedWebhook.fail('delivery_id_reused', problem);
  }
}

/** Without an id the signature stands for the message: the same one later has another. */
const receiptOf = ({ id, signature, body }: Command): Receipt => ({
  messageHash: hash('sha256', id === undefined ? `signature ${signature}` : `id ${id}`, 'buffer'),
  contentHash: hash('sha256', body, 'buffer'),
});

function isSigned(key: string, { id, timestamp, signature, body }: Command): boolean {
  const headers = { 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  if (id !== undefined) return verifyWebhook(key, { ...headers, 'webhook-id': id }, body);
  const isTimely =
    /^\d{1,12}$/.test(timestamp) && Math.abs(Date.now() / 1_000 - Number(timestamp)) <= MAX_CLOCK_DIFFERENCE_SECONDS;
  const said = createHmac('sha256', key).update(`${timestamp}.${body}`).digest();
  const given = Buffer.from(PLAIN_FORM.exec(signature)?.[1] ?? '', 'hex');
  return equalsInConstantTime(said, given) && isTimely;
}
