import type { Bus } from '@relais/bus';
import { MARKED_AT_ONCE, markAlarm, markAlarmsOfMany, type SaidOfAlarms } from '@relais/contracts';
import { Gathering } from '@relais/kernel';
import type { Log } from '@relais/observability';

/** For so long after one request what devices say is gathered for the next, ms. */
const GATHER_MS = 50;

/** What devices say of alarms, told to alerting for many people at once: thousands have the same alarm in the same second. */
export class AlarmMarks {
  private readonly gathered = new Gathering<SaidOfAlarms>((people) => this.tell(people), GATHER_MS);

  constructor(
    private readonly bus: Bus,
    private readonly log: Log,
  ) {}

  /** Never waits and never fails. */
  note(token: string, marks: SaidOfAlarms['marks']): void {
    void this.gathered.add([{ token, marks }]);
  }

  /** Resolves when what was noted has been told, or is lost. */
  flush(): Promise<void> {
    return this.gathered.settled();
  }

  private async tell(people: readonly SaidOfAlarms[]): Promise<void> {
    const pages: Promise<void>[] = [];
    for (let at = 0; at < people.length; at += MARKED_AT_ONCE)
      pages.push(this.tellPage(people.slice(at, at + MARKED_AT_ONCE)));
    await Promise.all(pages);
  }

  /**
   * Tried twice: a device that seems silent is told another way, so a lost mark disturbs somebody for nothing. The second time one by
   * one: alerting of the release before knows it no other way, and together they may be larger than NATS lets pass.
   */
  private async tellPage(people: SaidOfAlarms[]): Promise<void> {
    try {
      const { refused } = await this.bus.request(markAlarmsOfMany, { people });
      if (refused > 0) this.log.warn({ event: 'realtime.alarm_mark_refused', count: refused });
    } catch {
      await Promise.all(people.map((one) => this.tellAlone(one)));
    }
  }

  private async tellAlone({ token, marks }: SaidOfAlarms): Promise<void> {
    await this.bus
      .request(markAlarm, { marks }, { token })
      .catch((error: unknown) => this.log.warn({ event: 'realtime.alarm_mark_lost', error }));
  }
}
