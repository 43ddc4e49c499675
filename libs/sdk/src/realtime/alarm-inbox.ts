import type { AlarmMark, AlarmPath, AlarmTold, ClientFrame } from '@relais/contracts';

const REMEMBERED = 1_000;

/**
 * Tellings of alarms as they arrive. Each is acknowledged, also one that comes twice, and handed on once. Acknowledgements are
 * not answered; one that is lost makes the server tell the person another way.
 */
export class AlarmInbox {
  /** Of each telling, the way by which it came. */
  private readonly known = new Map<string, AlarmPath>();

  constructor(private readonly send: (frame: ClientFrame) => boolean) {}

  /** @returns whether it is new; what is to be kept from people is for `silentAlarm` only */
  arrived(told: AlarmTold, path: AlarmPath = 'socket'): boolean {
    const key = keyOf(told);
    const isNew = !this.known.has(key);
    if (isNew) this.known.set(key, path);
    this.mark(told, 'received');
    if (this.known.size > REMEMBERED) this.known.delete(this.known.keys().next().value as string);
    return isNew;
  }

  mark(told: AlarmTold, state: AlarmMark['state']): void {
    const { alarm, step, cycle } = told;
    const path = this.known.get(keyOf(told)) ?? 'socket';
    this.send({ type: 'alarm_mark', marks: [{ alarmId: alarm.id, step, cycle, path, state }] });
  }
}

const keyOf = ({ alarm, step, cycle }: AlarmTold): string => `${alarm.id}.${step}.${cycle}`;
