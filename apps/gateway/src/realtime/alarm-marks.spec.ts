import { Bus, type RequestOptions } from '@relais/bus';
import { MARKED_AT_ONCE, markAlarm, markAlarmsOfMany, type RequestContract } from '@relais/contracts';
import { AppError, newId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { AlarmMarks } from './alarm-marks.js';

interface Asked {
  subject: string;
  input: unknown;
  token: string | undefined;
}

class RecordingBus extends Bus {
  readonly asked: Asked[] = [];
  /** Subjects that nobody serves. */
  readonly unserved = new Set<string>();
  async request({ subject }: RequestContract, input: unknown, { token }: RequestOptions = {}): Promise<never> {
    if (this.unserved.has(subject)) throw new AppError('unavailable', 'bus_no_responders');
    this.asked.push({ subject, input, token });
    return { refused: 0 } as never;
  }
  signal(): void {}
  hear(): () => void {
    return () => undefined;
  }
}

const marks = [{ alarmId: newId<never>(), step: 0, cycle: 0, path: 'socket' as const, state: 'shown' as const }];
const people = (count: number) => Array.from({ length: count }, (_, n) => ({ token: `token ${n}`, marks }));

describe('what devices say of alarms', () => {
  let bus: RecordingBus;
  let alarmMarks: AlarmMarks;

  beforeEach(() => {
    bus = new RecordingBus();
    alarmMarks = new AlarmMarks(bus, silentLog);
  });

  const noted = async (said: ReturnType<typeof people>) => {
    for (const one of said) alarmMarks.note(one.token, one.marks);
    await alarmMarks.flush();
  };

  it('is told for all who say something at once in one request, each by their own token', async () => {
    await noted(people(3));

    expect(bus.asked).toEqual([{ subject: markAlarmsOfMany.subject, input: { people: people(3) }, token: undefined }]);
  });

  it('is told in requests that alerting takes', async () => {
    await noted(people(2 * MARKED_AT_ONCE + 1));

    const inputs = bus.asked.map(({ input }) => markAlarmsOfMany.input.parse(input).people);
    expect(inputs.map(({ length }) => length)).toEqual([MARKED_AT_ONCE, MARKED_AT_ONCE, 1]);
    expect(inputs.flat()).toEqual(people(2 * MARKED_AT_ONCE + 1));
  });

  it('is told one by one to an alerting that knows it no other way', async () => {
    bus.unserved.add(markAlarmsOfMany.subject);

    await noted(people(2));

    expect(bus.asked).toEqual(people(2).map(({ token }) => ({ subject: markAlarm.subject, input: { marks }, token })));
  });

  it('is lost when alerting is away, and harms nobody', async () => {
    bus.unserved.add(markAlarmsOfMany.subject).add(markAlarm.subject);

    await noted(people(2));
    bus.unserved.clear();
    await noted(people(1));

    expect(bus.asked.map(({ input }) => input)).toEqual([{ people: people(1) }]);
  });
});
