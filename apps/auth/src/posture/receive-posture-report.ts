import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { postureReport, receivePostureReport } from '@relais/contracts';
import { AppError, Clock } from '@relais/kernel';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { systemSubject } from '../facts/record-fact.js';
import { Refusals } from '../facts/refusals.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { ApplyPosture } from './apply-posture.js';
import { findSource, noteReceipt } from './posture-rows.postgres.js';
import { PostureSecrets } from './posture-settings.js';

const MAX_CLOCK_DIFFERENCE_SECONDS = 300;
const FORM = /^v1=([0-9a-f]{64})$/;

type Command = z.output<typeof receivePostureReport.input>;
type Report = z.output<typeof postureReport>;

/** Takes what scripts of device management post, signed with the key of their source. */
@Injectable()
export class ReceivePostureReportHandler {
  constructor(
    private readonly db: Database,
    private readonly secrets: PostureSecrets,
    private readonly posture: ApplyPosture,
    private readonly revocations: Revocations,
    private readonly refusals: Refusals,
    private readonly clock: Clock,
  ) {}

  @Serves(receivePostureReport)
  async execute(command: Command): Promise<Record<never, never>> {
    const { organizationId, sourceId } = command;
    const key = await this.keyOf(command);
    try {
      assertSigned(key, command, this.clock.now());
      await this.take(command, reportIn(command.body));
    } catch (error) {
      const { code } = AppError.from(error);
      const source = systemSubject('posture_source', sourceId);
      this.refusals.note(organizationId, {
        ...{ actor: source, object: source, action: 'posture.reported', after: { code } },
      });
      throw error;
    }
    return {};
  }

  private async keyOf({ organizationId, sourceId }: Command): Promise<string> {
    const found = await this.db.within(organizationId, (tx) => findSource(tx, organizationId, sourceId));
    const key = found && (await this.secrets.open(organizationId, found)).key;
    if (!key) throw receivePostureReport.fail('posture_refused');
    return key;
  }

  /** The signature is its own receipt: the same report again, later, has another. */
  private async take(
    { organizationId, sourceId, body, signature, timestamp }: Command,
    { deviceId, compliant, at }: Report,
  ): Promise<void> {
    const now = this.clock.now();
    const [messageHash, contentHash] = [hash('sha256', signature, 'buffer'), hash('sha256', body, 'buffer')];
    const saidAtMs = at ? Date.parse(at) : Number(timestamp) * 1_000;
    const mdmIdIndex = await this.secrets.mdmIdIndex(organizationId, deviceId);
    const said = { sourceId, deviceName: deviceId, mdmIdIndex, isCompliant: compliant };
    const revocations = await this.db.within(organizationId, async (tx) => {
      const seen = await noteReceipt(tx, organizationId, { sourceId, messageHash, contentHash, now });
      if (seen !== 'first') throw receivePostureReport.fail('posture_replayed');
      const at = new Date(Math.min(saidAtMs, now.getTime()));
      return this.posture.apply(tx, organizationId, { ...said, at });
    });
    this.revocations.announce(revocations);
  }
}

function assertSigned(key: string, { body, timestamp, signature }: Command, now: Date): void {
  const [, given] = FORM.exec(signature) ?? [];
  const said = createHmac('sha256', key).update(`${timestamp}.${body}`).digest();
  const isRight = given !== undefined && timingSafeEqual(said, Buffer.from(given, 'hex'));
  const isTimely =
    /^\d{1,12}$/.test(timestamp) && Math.abs(now.getTime() / 1_000 - Number(timestamp)) <= MAX_CLOCK_DIFFERENCE_SECONDS;
  if (!isRight || !isTimely) throw receivePostureReport.fail('posture_refused');
}

function reportIn(body: string): Report {
  try {
    return postureReport.parse(JSON.parse(body));
  } catch {
    throw receivePostureReport.fail('posture_invalid', 'expected {deviceId, compliant, at?}');
  }
}
