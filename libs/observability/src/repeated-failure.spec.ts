import { type Log, type LogFields, RepeatedFailure, silentLog } from './index.js';

function setup() {
  const lines: (LogFields & { level: string })[] = [];
  const write = (level: string) => (fields: LogFields) => void lines.push({ level, ...fields });
  const log: Log = { ...silentLog, info: write('info'), error: write('error') };
  const clock = { ms: 5_000 };
  const events = { level: 'error', failed: 'loop.failed', recovered: 'loop.recovered' } as const;
  const failure = new RepeatedFailure(log, events, () => clock.ms);
  const failFor = (seconds: number) => {
    for (let second = 0; second < seconds; second++, clock.ms += 1_000) failure.failed(error);
  };
  return { failure, lines, clock, failFor };
}

const error = new Error('the database is away');

describe('a failure of every round of a loop', () => {
  it('is told at once', () => {
    const { failFor, lines } = setup();

    failFor(1);

    expect(lines).toEqual([{ level: 'error', event: 'loop.failed', count: 1, durationMs: 0, error }]);
  });

  it('is told again after pauses that double up to five minutes, with how many there were', () => {
    const { failFor, lines } = setup();

    failFor(1_000);

    expect(lines.map(({ durationMs }) => Number(durationMs) / 1_000)).toEqual([0, 10, 30, 70, 150, 310, 610, 910]);
    expect(lines.map(({ count }) => count)).toEqual([1, 11, 31, 71, 151, 311, 611, 911]);
  });

  it('is said to be over once, with how many there were and how long it took', () => {
    const { failure, failFor, lines } = setup();
    failFor(25);

    failure.succeeded();
    failure.succeeded();

    expect(lines.slice(2)).toEqual([{ level: 'info', event: 'loop.recovered', count: 25, durationMs: 25_000 }]);
  });

  it('is told at once, and from the shortest pause on, when it comes back', () => {
    const { failure, failFor, lines } = setup();
    failFor(25);
    failure.succeeded();
    lines.length = 0;

    failFor(11);

    expect(lines.map(({ count }) => count)).toEqual([1, 11]);
  });

  it('has nothing to say of rounds that go well', () => {
    const { failure, lines } = setup();

    failure.succeeded();

    expect(lines).toEqual([]);
  });
});
