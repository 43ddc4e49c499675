import type { AlarmSourceSettings } from '@relais/contracts';
import type { Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { setTimer } from '../engine/timers.postgres.js';
import { occurrenceAfter } from './schedule-times.js';
import { expectBeat, setNextAt, type SourceRow } from './source-rows.postgres.js';

export const HEARTBEAT_TIMER = 'heartbeat';
export const SCHEDULE_TIMER = 'schedule';

/** A source that waits for something begins to, or goes on with what is said of it now. @param earlier as it was until now */
export async function armTimers(
  tx: Tx,
  organizationId: OrganizationId,
  sourceId: string,
  settings: AlarmSourceSettings,
  earlier: SourceRow | null,
): Promise<void> {
  const due = (kind: string) => setTimer(tx, organizationId, { subject_id: sourceId, kind }, 0);
  if (settings.kind === 'heartbeat') {
    const beatSeconds = settings.everySeconds + settings.graceSeconds;
    const isAnew = earlier?.is_paused ?? false;
    await expectBeat(tx, organizationId, sourceId, { beatSeconds, firstSeconds: settings.firstBeatSeconds, isAnew });
    await due(HEARTBEAT_TIMER);
  }
  if (settings.kind === 'schedule') {
    await setNextAt(tx, organizationId, sourceId, occurrenceAfter(settings, earlier?.now ?? new Date()));
    await due(SCHEDULE_TIMER);
  }
}
