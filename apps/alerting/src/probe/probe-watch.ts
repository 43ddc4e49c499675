import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { setTimer, type Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { forgetMeasured, lastMeasured, measure } from '../measurements/measurements.postgres.js';
import { probeEnded } from '../metrics.js';
import { settingsOf } from '../settings-rows.postgres.js';
import { ProbeAlarms } from './probe-alarms.js';
import { probeSeconds } from './probe-rows.postgres.js';

const KIND = 'test-alarm';
/** So long an open app may take. */
const WITHIN_SECONDS = 15;
const EVERY_SECONDS = 60;

/** From now on there is a test alarm every minute, for as long as the settings name somebody whom it goes to. */
export const watchProbe = (tx: Tx, organizationId: OrganizationId): Promise<unknown> =>
  setTimer(tx, organizationId, { subject_id: organizationId, kind: KIND }, 0);

/**
 * Raises a test alarm every minute, and looks a little later whether it came through. One replica does it, because there is
 * one timer; done twice it is the same alarm, because its id is made of its number.
 */
@Injectable()
export class ProbeWatch {
  constructor(
    private readonly db: Database,
    private readonly probes: ProbeAlarms,
  ) {}

  @Errand(KIND)
  async look({ organization_id: organizationId }: Timer): Promise<number | null> {
    const { to, run, seconds } = await this.db.within(organizationId, async (tx) => {
      const { probeUserId } = await settingsOf(tx, organizationId);
      if (!probeUserId) await forgetMeasured(tx, organizationId, 'probe', 'success');
      const number = (await lastMeasured(tx, organizationId, 'probe', 'run')) ?? 0;
      const took = await probeSeconds(tx, organizationId, idOf(organizationId, number));
      return { to: probeUserId, run: number, seconds: took };
    });
    if (!to) return null;
    if (seconds !== undefined) return this.judge(organizationId, run, seconds);
    try {
      await this.probes.raise(organizationId, idOf(organizationId, run), to);
      return WITHIN_SECONDS;
    } catch (error) {
      await this.write(organizationId, { success: 0 });
      throw error;
    }
  }

  /** @param seconds until a device had it, or null */
  private async judge(organizationId: OrganizationId, run: number, seconds: number | null): Promise<number> {
    await this.write(organizationId, { success: seconds === null ? 0 : 1, run: run + 1 });
    if (seconds !== null) probeEnded(seconds);
    return EVERY_SECONDS - WITHIN_SECONDS;
  }

  private write(organizationId: OrganizationId, values: Record<string, number>): Promise<unknown> {
    return this.db.within(organizationId, (tx) => measure(tx, organizationId, 'probe', values));
  }
}

/** The id of the test alarm of this number (RFC 9562, version 8). */
export function idOf(organizationId: OrganizationId, run: number): string {
  const bytes = createHash('sha256').update(`probe ${organizationId} ${run}`).digest().subarray(0, 16);
  bytes[6] = 0x80 | ((bytes[6] as number) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
