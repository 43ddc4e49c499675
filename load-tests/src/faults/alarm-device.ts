import { type AlarmTold, ROUTES } from '@relais/contracts';
import { RelaisConnection, type RelaisSession } from '@relais/sdk';
import { pause } from '../world/random.js';

/** The service that is asked may be gone at this moment: ids make it harmless to ask again. */
export async function untilOk<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 60) throw error;
      await pause(500);
    }
  }
}

/** A person's device, which counts what it shows. */
export class Device {
  readonly answers = new Set<string>();
  private readonly shown = new Map<string, number>();
  private readonly connection: RelaisConnection;

  constructor(
    private readonly session: RelaisSession,
    gateways: readonly string[],
  ) {
    this.connection = new RelaisConnection({ gateways, tokens: session, history: 'none' });
    this.connection.on('alarm', (told) => this.told(told));
    this.connection.connect();
  }

  get userId() {
    return this.session.tokens.userId;
  }

  /** Resolves when its socket is up, now or next. */
  whenOnline(): Promise<void> {
    return this.connection.whenOnline();
  }

  count(alarmId: string, step: number): number {
    return this.shown.get(`${alarmId}.${step}`) ?? 0;
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private told({ alarm, step }: AlarmTold): void {
    const key = `${alarm.id}.${step}`;
    this.shown.set(key, (this.shown.get(key) ?? 0) + 1);
    if (!this.answers.delete(alarm.id)) return;
    const answer = { alarmId: alarm.id as never, answer: 'coming' };
    void untilOk(() => this.session.call(ROUTES.answerAlarm, answer)).catch(() => undefined);
  }
}
