import { Injectable } from '@nestjs/common';
import { severity } from '@relais/contracts';
import type { Tx } from '@relais/database';
import { keepTimer, type Timer } from '../engine/timers.postgres.js';
import { Duty } from '../engine/work.js';
import { measure } from './measurements.postgres.js';
import { countUnreached, longestWait } from './unreached.postgres.js';

const EVERY_SECONDS = 20;

/** From its first alarm on an organization is watched: repeating changes nothing. */
export const watchReach = (tx: Tx, organizationId: Timer['organization_id']): Promise<unknown> =>
  keepTimer(tx, organizationId, { subject_id: organizationId, kind: 'reach' }, EVERY_SECONDS);

/** Looks again and again whom open alarms have not reached, and which wait for a second person. */
@Injectable()
export class ReachWatch {
  @Duty('reach')
  async look(tx: Tx, { organization_id: organizationId }: Timer): Promise<boolean> {
    const none = Object.fromEntries(severity.options.map((one) => [one, 0]));
    const found = await countUnreached(tx, organizationId);
    const counts = Object.fromEntries(found.map(({ severity, recipients }) => [severity, recipients]));
    await measure(tx, organizationId, 'unreached', { ...none, ...counts });
    await measure(tx, organizationId, 'awaiting', { oldest: await longestWait(tx, organizationId) });
    await watchReach(tx, organizationId);
    return false;
  }
}
