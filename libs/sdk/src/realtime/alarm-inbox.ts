import type { AlarmMark, ClientFrame, AlarmTold } from '@relais/contracts';

const REMEMBERED = 1_000;

/**
 * Tellings of alarms as they arrive. Each is acknowledged, also one that comes twice, and handed on once. Acknowledgements are
 * not answered; one that is lost makes the server tell the person another way.
 */
export class AlarmInbox {
  private readonly known = new Set<string>();

  constructor(private readonly send: (frame: ClientFrame) => boolean) {}

  /** @returns whether it is new; what is to be kept from people is for `silentAlarm` only */
  arrived(told: AlarmTold): boolean {
    this.mark(told, 'received');
    const key = `${told.alarm.id}.${told.step}.${told.cycle}`;
    if (this.known.has(key)) return false;
    this.known.add(key);
    if (this.known.size > REMEMBERED) this.known.delete(this.known.values().next().value as string);
    return true;
  }

  mark({ alarm, step, cycle }: AlarmTold, state: AlarmMark['state']): void {
    this.send({ type: 'alarm_mark', marks: [{ alarmId: alarm.id, step, cycle, path: 'socket', state }] });
  }
}
