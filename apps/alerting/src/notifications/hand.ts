import type { AlarmPath } from '@relais/contracts';
import type { AlarmRow } from '../alarms/alarm-rows.postgres.js';
import type { Claimed } from './claim.postgres.js';
import type { Round } from './notification-rows.postgres.js';

/** What is still `sending` then was taken by a replica that has ended. Gateways are told at once. */
export const SOCKET_LEASE_SECONDS = 5;
/** Longer than a provider may take. */
const LEASE_SECONDS = 30;

/** Of a notification by `path`, in a statement, seconds. */
export const LEASE = `CASE path WHEN 'socket' THEN ${SOCKET_LEASE_SECONDS} ELSE ${LEASE_SECONDS} END`;

/** A notification that was written as taken. */
export type Taken = Pick<Claimed, 'id' | 'place' | 'userId' | 'path'>;

/**
 * What a transaction that tells people takes for its own replica, which sends it once it is committed: nobody has to look for it,
 * and it is written once less.
 */
export class Hand {
  private readonly claimed: Claimed[] = [];

  /**
   * @param free ways by which it is sent at once, or soon
   * @param room so many it holds
   */
  constructor(
    private readonly free: readonly AlarmPath[],
    private readonly room: number,
  ) {}

  get taken(): readonly Claimed[] {
    return this.claimed;
  }

  /** The ways by which so many more people may be taken: none when they might not all have room. */
  waysFor(people: number): readonly AlarmPath[] {
    return this.claimed.length + people <= this.room ? this.free : [];
  }

  take(alarm: AlarmRow, { step, cycle }: Round, taken: readonly Taken[]): void {
    const { severity, is_drill: isDrill, is_silent: isSilent, content_sealed: contentSealed } = alarm;
    const told = { alarmId: alarm.id, step, cycle, attempt: 1, severity, isDrill, isSilent, contentSealed };
    this.claimed.push(...taken.map((one) => ({ ...told, ...one })));
  }
}
